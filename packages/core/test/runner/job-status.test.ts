import { readJobStatus, untrustedJobStatus } from '@deploy-actions/core/runner/job-status'
import { describe, expect, it } from '@jest/globals'

const DEFAULT = 'auto:success'
const WRITTEN_OUT = 'success'

const SERVERS = {
  GitHub: { GITHUB_SERVER_URL: 'https://github.com' },
  'Enterprise Server': { GITHUB_SERVER_URL: 'https://github.example.org' },
  act: { ACT: 'true' },
  Forgejo: { ACT: 'true', GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' },
  Gitea: { ACT: 'true', GITEA_ACTIONS: 'true' },
} as const

const TOP = { GITHUB_ACTION_PATH: '' }
const COMPOSITE = { GITHUB_ACTION_PATH: '/work/shop/.github/actions/deploy' }

describe('untrustedJobStatus', () => {
  it.each([
    ['GitHub', DEFAULT, TOP],
    ['GitHub', WRITTEN_OUT, TOP],
    ['GitHub', DEFAULT, COMPOSITE],
    ['GitHub', WRITTEN_OUT, COMPOSITE],
    ['Enterprise Server', DEFAULT, TOP],
    ['Enterprise Server', WRITTEN_OUT, TOP],
    ['Enterprise Server', DEFAULT, COMPOSITE],
    ['Enterprise Server', WRITTEN_OUT, COMPOSITE],
    ['act', DEFAULT, TOP],
    ['act', WRITTEN_OUT, TOP],
    ['Forgejo', DEFAULT, TOP],
    ['Forgejo', WRITTEN_OUT, TOP],
    ['Gitea', WRITTEN_OUT, TOP],
  ] as const)('trusts %s with "%s" and %j', (server, input, place) => {
    for (const feature of ['confirm: job', 'follow: job'] as const)
      expect(untrustedJobStatus(feature, input, { ...SERVERS[server], ...place })).toBeUndefined()
  })

  it.each([
    ['act', DEFAULT],
    ['act', WRITTEN_OUT],
    ['Forgejo', DEFAULT],
    ['Forgejo', WRITTEN_OUT],
    ['Gitea', DEFAULT],
    ['Gitea', WRITTEN_OUT],
  ] as const)('does not trust %s with "%s" inside a composite action', (server, input) => {
    const env = { ...SERVERS[server], ...COMPOSITE }
    const confirm = untrustedJobStatus('confirm: job', input, env)
    expect(confirm?.title).toBe('`confirm: job` is not possible here')
    expect(confirm?.message).toContain(`${server} computes`)
    expect(confirm?.message).toContain('composite action')
    expect(confirm?.next).toContain('`confirm: manual`')
    expect(confirm?.next).toContain('`mode: confirm`')
    const follow = untrustedJobStatus('follow: job', input, env)
    expect(follow?.title).toBe('`follow: job` is not possible here')
    expect(follow?.next).toContain('`message-id`')
    expect(follow?.next).not.toContain('confirm')
  })

  it('names the way out of an action that has another one', () => {
    const env = { ...SERVERS.act, ...COMPOSITE }
    const problem = untrustedJobStatus('confirm: job', DEFAULT, env, 'roll back in a last step')
    expect(problem?.next).toMatch(/^Move the step out .* Or roll back in a last step\.$/)
  })

  it('names the value to write out when the step leaves a composite action on Gitea', () => {
    const problem = untrustedJobStatus('confirm: job', DEFAULT, { ...SERVERS.Gitea, ...COMPOSITE })
    expect(problem?.next).toContain('`job-status: ${{ job.status }}`')
  })

  it.each(['confirm: job', 'follow: job'] as const)('does not trust the default on Gitea: %s', feature => {
    const problem = untrustedJobStatus(feature, DEFAULT, { ...SERVERS.Gitea, ...TOP })
    expect(problem?.message).toContain('default of `job-status`')
    expect(problem?.next).toBe("Add `job-status: ${{ job.status }}` to the step's `with:`.")
  })

  it.each([
    ['', 'is ""'],
    ['auto:', 'is "auto:"'],
    ['$' + '{{ job.status }}', 'is "$' + '{{ job.status }}"'],
    ['deployed', 'is "deployed"'],
  ])('refuses "%s", which no job has as its status', (input, words) => {
    const problem = untrustedJobStatus('confirm: job', input, SERVERS.GitHub)
    expect(problem?.message).toContain(words)
    expect(problem?.next).toContain('`job-status: ${{ job.status }}`')
  })

  it('takes the step of a run on an earlier failure: the status is only read at the end', () => {
    expect(untrustedJobStatus('follow: job', 'auto:failure', SERVERS.GitHub)).toBeUndefined()
  })
})

describe('readJobStatus', () => {
  it.each([
    ['auto:success', 'success'],
    ['success', 'success'],
    [' success\n', 'success'],
    ['auto:failure', 'failure'],
    ['failure', 'failure'],
    ['auto:cancelled', 'cancelled'],
    ['cancelled', 'cancelled'],
    ['', 'unknown'],
    ['auto:', 'unknown'],
    ['skipped', 'unknown'],
    ['Success', 'unknown'],
    ['successful', 'unknown'],
    ['failure success', 'unknown'],
    ['success auto:', 'unknown'],
    ['auto:auto:success', 'unknown'],
  ] as const)('reads "%s" as %s', (input, status) => {
    expect(readJobStatus(input)).toBe(status)
  })
})
