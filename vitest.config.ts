import { defineConfig } from 'vitest/config';

const NOT_OURS = ['**/node_modules/**', 'dist/**', '.cache/**', '.tsbuild/**', '.tutti/**'];

export default defineConfig({
  test: {
    projects: [
      {
        // Beside the code: pure logic, real anvil, real relay, no browser. Block time goes on while a loaded machine sleeps: a second try.
        test: { name: 'unit', include: ['**/*.test.ts', '**/*.test.tsx'], exclude: [...NOT_OURS, 'e2e/**'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2, retry: 1 },
        oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      },
      {
        // Real browsers, one file at a time: two cores carry no more. A second try, for a machine that stood still in a deadline.
        test: { name: 'e2e', include: ['e2e/**/*.test.ts'], exclude: NOT_OURS, testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false, retry: 1 },
      },
      {
        // Longer journeys by hand: `npm run journeys`.
        test: { name: 'journeys', include: ['e2e/**/*.journey.ts'], exclude: NOT_OURS, testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false },
      },
    ],
  },
});
