import { defineConfig } from 'vitest/config';

/** Of both: a core has one worker, and what never comes ends with its test. */
const common = {
  maxWorkers: 2,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 10_000,
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
          ...common,
        },
      },
      {
        test: {
          name: 'whole',
          include: ['test/{crash,e2e,cometbft,faults}/**/*.test.ts'],
          globalSetup: 'test/model.ts',
          sequence: { groupOrder: 1 },
          ...common,
        },
      },
    ],
  },
});
