import { defineConfig } from 'vitest/config';

const patienceMs = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 10_000,
  // What never comes ends with its test; how long it takes is no test.
  expect: { poll: { timeout: 20_000 } },
};

export default defineConfig({
  test: {
    pool: 'forks',
    retry: 0,
    allowOnly: process.env.CI === undefined,
    projects: [
      {
        test: {
          name: 'code',
          include: ['packages/*/{src,test}/**/*.test.ts', '{bench,tools,test/structure}/**/*.test.ts'],
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
          ...patienceMs,
        },
      },
      {
        test: {
          name: 'whole',
          include: ['test/{crash,e2e,cometbft,faults}/**/*.test.ts'],
          globalSetup: 'test/model.ts',
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          ...patienceMs,
        },
      },
    ],
  },
});
