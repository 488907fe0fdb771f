import { join } from 'node:path';
import { generateSW } from 'workbox-build';

const MAX_PRECACHED_BYTES = 8 * 1024 * 1024;

/** Lets a built web app open offline: `sw.js` in its folder, with the files as they are now. Errors: a file that it cannot list. */
export async function writeServiceWorker(folder: string): Promise<void> {
  const { warnings } = await generateSW({
    globDirectory: folder,
    globPatterns: ['**/*.{html,js,css,svg,png,webmanifest,woff2,wasm}'],
    // The built-in digits (JSON) and tfjs are fetched when a job needs them, not at the first visit.
    globIgnores: ['assets/dist-*.js'],
    swDest: join(folder, 'sw.js'),
    mode: 'production',
    // Everything in one file, and no map of it, so that two builds give the same bytes.
    inlineWorkboxRuntime: true,
    sourcemap: false,
    cleanupOutdatedCaches: true,
    clientsClaim: true,
    // A new version waits until the person agrees: workbox-window asks.
    skipWaiting: false,
    navigateFallback: '/index.html',
    navigateFallbackDenylist: [/^\/api\//],
    maximumFileSizeToCacheInBytes: MAX_PRECACHED_BYTES,
    dontCacheBustURLsMatching: /-[\w-]{8,}\.\w+$/,
  });
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
}
