import { findUnknownProfiles, profileProblems } from '@deploy-actions/core/deploy/profiles'
import { ProjectProgram } from '@deploy-actions/core/release/project-program'
import { FakeHost } from '@deploy-actions/testkit/fake-host'
import { describe, expect, it } from '@jest/globals'
import { candidate, payload } from './examples.ts'

/** The profiles of the compose files, of which Compose lists the services of the active ones only. */
async function find(profiles: readonly string[], existing: readonly string[]) {
  const host = new FakeHost()
  const marked = (argv: readonly string[]) => `\n${argv[4]}\n${existing.join('\n')}\n`
  host.on(['sh', '-c'], ({ argv }) => ({ stdout: marked(argv) }))
  const { config } = candidate({ web: { image: 'a' }, queue: { image: 'b', profiles: ['worker', 'all'] } })
  const program = new ProjectProgram(host, '/opt/shop', 'boundary')
  const unknown = await findUnknownProfiles(payload({}, { profiles }), config, '/tmp/preview/shop', program)
  return { unknown, calls: host.calls }
}

describe('findUnknownProfiles', () => {
  it('needs no call when every profile has a service', async () => {
    expect(await find(['worker', 'all'], [])).toEqual({ unknown: { names: [], existing: [] }, calls: [] })
  })

  it('has Compose list all profiles when one has no service', async () => {
    const { unknown, calls } = await find(['worker', 'debugg'], ['debug', 'worker'])
    expect(unknown).toEqual({ names: ['debugg'], existing: ['debug', 'worker'] })
    expect(calls[0]?.argv.slice(-2)).toEqual(['config', '--profiles'])
  })
})

describe('profileProblems', () => {
  it.each([
    [['debug', 'worker'], 'The services have: debug, worker.', 'Write debug in `profiles`.'],
    [['worker'], 'The services have: worker.', 'Correct `profiles`.'],
    [[], 'No service has any.', 'Correct `profiles`.'],
  ])('names the profiles that exist: %j', (existing, message, next) => {
    expect(profileProblems({ names: ['debugg'], existing })).toMatchObject([
      { title: 'Profile debugg does not exist', message: expect.stringContaining(message), next },
    ])
  })
})
