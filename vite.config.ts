import { defineConfig } from 'vite';

/** The web app: its rooms lie beside `web/`, its output goes to `dist/`. No inline scripts: the page's policy forbids them. */
export default defineConfig({
  root: 'web',
  publicDir: '../public',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    // The worker is bundled by a plugin, which is told to take most of the time: nothing to warn of.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  server: { host: '127.0.0.1' },
});
