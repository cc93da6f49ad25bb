import { defineConfig } from 'vitest/config';

// `npm run soak` sets it: then the long tests run too.
const soak = process.env['BUCLE_SOAK'] === '1';

export default defineConfig({
  ssr: { resolve: { conditions: ['@bucle/source'] } },
  test: {
    include: ['{client,server}/src/**/*.test.ts', 'server/test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(soak ? [] : ['**/*.soak.test.ts'])],
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: ['server/test/global-setup.ts'],
    // A limit for what hangs; how fast things are is measured in bench.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    execArgv: ['-C', '@bucle/source'],
  },
});
