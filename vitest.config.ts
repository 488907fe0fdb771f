import { defineConfig } from 'vitest/config';

const NOT_OURS = ['**/node_modules/**', 'dist/**', '.cache/**', '.tsbuild/**', '.tutti/**'];

export default defineConfig({
  test: {
    projects: [
      {
        // Beside the code: pure logic, real anvil, real relay, no browser.
        test: { name: 'unit', include: ['**/*.test.ts', '**/*.test.tsx'], exclude: [...NOT_OURS, 'e2e/**'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2 },
        oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      },
      {
        // Real browsers, one file at a time: two cores carry no more.
        test: { name: 'e2e', include: ['e2e/**/*.test.ts'], exclude: NOT_OURS, testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false },
      },
    ],
  },
});
