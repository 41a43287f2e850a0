import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Evidence, runningVersion } from '../src/running-version.ts'

const NOTHING: Evidence = {
  previous: 'sha-0000001',
  wanted: 'sha-0000002',
  containerTag: undefined,
  pages: [],
  lines: undefined,
  isNeverStarted: false,
}
const known = (evidence: Partial<Evidence>) => runningVersion({ ...NOTHING, ...evidence })?.version

describe('which version runs', () => {
  it.each<[string, Partial<Evidence>, string | undefined]>([
    ['nothing is known', {}, undefined],
    ["the container's image is the previous one", { containerTag: 'sha-0000001' }, 'previous'],
    [
      "the container's image is the new one, whatever the log holds",
      { containerTag: 'sha-0000002', lines: ['manifest unknown'] },
      'wanted',
    ],
    ['another image', { containerTag: 'sha-0000009' }, undefined],
    ['a page shows the previous version', { pages: ['{"version":"sha-0000001"}'] }, 'previous'],
    ['a page shows the new version', { pages: ['ok', 'v sha-0000002.'] }, 'wanted'],
    ['pages show both', { pages: ['sha-0000002', 'sha-0000001'] }, undefined],
    ['a longer version is another one', { previous: '1.2.3', wanted: '1.2.30', pages: ['1.2.30'] }, 'wanted'],
    ['a pre-release is another one', { previous: '1.2.3', wanted: '1.2.3-rc.1', pages: ['1.2.3-rc.1'] }, 'wanted'],
    ['a version of one letter is on every page', { previous: '1', wanted: '2', pages: ['2 items'] }, undefined],
    [
      'a commit may be short',
      { previous: 'a1'.repeat(20), wanted: 'b2'.repeat(20), pages: ['commit b2b2b2b'] },
      'wanted',
    ],
    ['the same version', { previous: 'latest', wanted: 'latest', pages: ['latest'] }, undefined],
    ['it was never begun', { isNeverStarted: true }, 'previous'],
    ['the image was not pulled', { lines: ['Rolling update started.', 'manifest unknown'] }, 'previous'],
    [
      'Coolify kept the old container',
      { lines: ['New container is not healthy, rolling back to the old container.'] },
      'previous',
    ],
    ['the build failed', { lines: ['Building', 'Deployment failed: exit code 1'] }, 'previous'],
    [
      'containers were being replaced',
      { lines: ['Rolling update started.', 'Deployment failed: exit code 1'] },
      undefined,
    ],
    ['the log breaks off', { lines: ['Building'] }, undefined],
    ['the log is empty', { lines: [] }, undefined],
  ])('%s', (_, evidence, expected) => expect(known(evidence)).toBe(expected))

  it('is never named without anything that shows it', () => {
    const words = fc.array(fc.constantFrom('ok', 'Rolling update started.', 'Building', 'healthy', '1.2'))
    fc.assert(
      fc.property(words, words, (pages, lines) => {
        expect(known({ pages, lines })).toBeUndefined()
      }),
    )
  })
})
