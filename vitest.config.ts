import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Suites that run the built package. */
const built = ['test/{docs,e2e,package}/**/*.test.ts']

export default defineConfig({
  resolve: {
    alias: [
      { find: /^krmt$/, replacement: here('src/index.ts') },
      { find: /^krmt\/module$/, replacement: here('src/module/index.ts') },
      { find: /^krmt\/testing$/, replacement: here('src/testing/index.ts') },
      { find: /^krmt\/modules\/(.+)$/, replacement: here('modules/$1/index.ts') },
    ],
  },
  test: {
    testTimeout: 30_000,
    // One for each processor: much of their time, tests wait for servers.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: { name: 'source', include: ['{src,modules,test}/**/*.test.ts'], exclude: built },
      },
      {
        extends: true,
        // These start processes of their own, which would make the others wait: they come after them.
        test: {
          name: 'built',
          include: built,
          globalSetup: here('test/support/build.ts'),
          hookTimeout: 120_000,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
