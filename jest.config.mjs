const project = (displayName, testMatch) => ({
  displayName,
  testMatch: testMatch.map(glob => `<rootDir>/${glob}`),
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/release/'],
  modulePathIgnorePatterns: ['<rootDir>/release/'],
  transform: { '\\.ts$': '<rootDir>/packages/testkit/jest-transform.mjs' },
  extensionsToTreatAsEsm: ['.ts'],
})

/** unit: no built files, loopback only. bundle: what ships, as a runner starts it. crash: the server's
 * scripts, ended at every point. lab: real servers. */
export default {
  // Tests that speak with real programs take long on a busy machine, and what hangs is found all the same.
  testTimeout: 60_000,
  projects: [
    project('unit', ['packages/*/test/**/*.test.ts', 'actions/*/test/**/*.test.ts', 'test/protocol/**/*.test.ts']),
    project('bundle', ['test/bundle/**/*.test.ts']),
    project('crash', ['test/crash/**/*.test.ts']),
    project('lab', ['test/lab/**/*.test.ts', 'test/e2e/**/*.test.ts']),
  ],
}
