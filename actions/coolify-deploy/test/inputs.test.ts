import { InputReader } from '@deploy-actions/core/runner/inputs'
import { describe, expect, it } from '@jest/globals'
import { tokensIn, warningOf } from '../src/inputs.ts'
import { environmentOf, inputsOf, read } from './read-inputs.ts'

const WEBHOOK = 'https://c.example/api/v1/deploy?uuid=app&force=false'
const HERE = { webhook: WEBHOOK, token: '1|abc' }

/** The reported problems. */
function problems(given: Record<string, string>): string {
  try {
    read(given)
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
  return 'none'
}

it.each(["'1|abc'", '"1|abc"', 'Bearer "1|abc"'])('a token with quotes around it is called that: %s', token => {
  expect(problems({ ...HERE, token })).toContain('has quotes around it')
})

it('`health: url` takes a URL', () => {
  expect(problems({ ...HERE, health: 'url' })).toContain('`health-url` is empty')
  expect(inputsOf({ ...HERE, health: 'coolify', 'health-url': '/health' }).health.urls).toEqual([])
})

describe('where to deploy', () => {
  it('is said by a webhook alone', () => {
    const inputs = inputsOf(HERE)
    expect(inputs).toMatchObject({
      base: 'https://c.example',
      targets: [{ uuid: 'app' }],
      force: false,
      wanted: { kind: 'current' },
    })
    expect(inputs.token.reveal()).toBe('1|abc')
  })

  it('is said by an address and uuids, a comma or a line between', () => {
    const inputs = inputsOf({ 'coolify-url': 'https://c.example/api/v1', uuid: 'a, b\nc\na', token: '1|abc' })
    expect(inputs).toMatchObject({ base: 'https://c.example', targets: [{ uuid: 'a' }, { uuid: 'b' }, { uuid: 'c' }] })
  })

  it('is said by a tag of Coolify', () => {
    expect(inputsOf({ 'coolify-url': 'https://c.example', 'coolify-tag': 'prod', token: '1|a' }).targets).toEqual([
      { tag: 'prod' },
    ])
  })

  it('goes by branch, token and health URL too', () => {
    const given = {
      webhook: `develop=https://c.example/api/v1/deploy?uuid=staging\nmain=${WEBHOOK}`,
      token: 'develop=1|staging\nmain=2|production',
      'health-url': 'develop=https://staging.example/health\nmain=https://example/health',
    }
    const main = inputsOf(given)
    expect(main).toMatchObject({ targets: [{ uuid: 'app' }], health: { urls: ['https://example/health'] } })
    expect(main.token.reveal()).toBe('2|production')
    expect(inputsOf({ ...given, branch: 'refs/heads/develop' }).token.reveal()).toBe('1|staging')
  })

  it('is nowhere for a branch without a line, whatever secrets are missing then', () => {
    const skipped = read({ webhook: 'develop=\nmain=', token: '', branch: 'refs/tags/v1.2.3' })
    expect(skipped).toEqual({ skip: '`webhook` has lines for develop, main, and "refs/tags/v1.2.3" is not among them' })
    expect(read({ 'coolify-url': 'https://c.example', uuid: 'production=a', branch: '' })).toHaveProperty('skip')
  })

  it.each([
    [{ token: '1|a' }, /`webhook` is empty, and `coolify-url` too; check that the secret is set/],
    [{ 'coolify-url': 'https://c.example', token: '1|a' }, /`uuid` and `coolify-tag` are empty/],
    [{ ...HERE, uuid: 'a' }, /`uuid` is set, and `webhook` too/],
    [
      { 'coolify-url': 'https://c.example', uuid: 'a', 'coolify-tag': 'b', token: '1|a' },
      /`coolify-tag` is set, and `uuid` too/,
    ],
    [{ 'coolify-url': 'https://c.example', uuid: 'https://x', token: '1|a' }, /`uuid` contains "https:\/\/x"/],
    [
      { webhook: 'main=\ndevelop=x', token: '1|a' },
      /`webhook` has a line for main without a value; check that the secret is set/,
    ],
    [{ webhook: `${WEBHOOK}\nhttps://d.example/api/v1/deploy?uuid=b`, token: '1|a' }, /several Coolify instances/],
    [{ webhook: `${WEBHOOK}&pr=7\n${WEBHOOK}`, token: '1|a' }, /`webhook` names several pull requests/],
    [{ webhook: WEBHOOK }, /`token` is empty/],
    [{ webhook: WEBHOOK, token: 'develop=1|a' }, /`token` has no line for "main"/],
    [{ webhook: WEBHOOK, token: '1|a\n2|b' }, /`token` has several values/],
    [{ webhook: WEBHOOK, token: '1|a b' }, /`token` contains white space/],
  ])('%j is refused with a hint', (given, message) => expect(problems(given)).toMatch(message))

  it('never quotes a token', () => {
    expect(problems({ webhook: WEBHOOK, token: '1|hunter2 hunter2' })).not.toContain('hunter2')
  })

  it('knows every token of the lines, so that all are masked', () => {
    const reader = new InputReader(environmentOf({ token: 'develop=1|aaaa\nmain=Bearer 2|bbbb\nother=' }))
    expect(tokensIn(reader).map(token => token.reveal())).toEqual(['1|aaaa', '2|bbbb'])
  })

  it('warns of plain http', () => {
    expect(warningOf(inputsOf({ ...HERE, webhook: WEBHOOK.replace('https', 'http') }))).toContain('plain HTTP')
    expect(warningOf(inputsOf(HERE))).toBeUndefined()
  })
})

describe('what to deploy', () => {
  const digest = 'a'.repeat(64)
  it.each([
    [{ 'image-tag': 'sha-abcdef0' }, { kind: 'image', name: undefined, tag: 'sha-abcdef0' }],
    [{ image: 'ghcr.io/acme/shop:1.2' }, { kind: 'image', name: 'ghcr.io/acme/shop', tag: '1.2' }],
    [
      { image: `ghcr.io/acme/shop@sha256:${digest}` },
      { kind: 'image', name: 'ghcr.io/acme/shop', tag: `sha256-${digest}` },
    ],
    [{ commit: 'A'.repeat(40) }, { kind: 'commit', commit: 'a'.repeat(40) }],
    [
      { mode: 'rollback', to: 'previous' },
      { kind: 'rollback', to: 'previous' },
    ],
    [
      { mode: 'rollback', to: '1.2.3' },
      { kind: 'rollback', to: { version: '1.2.3' } },
    ],
    [
      { mode: 'rollback', to: `sha256:${digest}` },
      { kind: 'rollback', to: { version: `sha256-${digest}` } },
    ],
  ])('%j', (given, wanted) => expect(inputsOf({ ...HERE, ...given }).wanted).toEqual(wanted))

  it.each([
    [{ 'image-tag': 'ghcr.io/acme/shop:1' }, /more than a tag/],
    [{ 'image-tag': '-x' }, /`image-tag` is "-x"/],
    [{ image: 'ghcr.io/acme/shop' }, /without a tag or digest/],
    [{ image: 'Ghcr.io/Acme/shop:1' }, /capitals/],
    [{ commit: 'abcdef0' }, /full SHA/],
    [{ mode: 'rollback', to: 'a b' }, /`to` is "a b"/],
    [{ 'image-tag': '1', commit: 'a'.repeat(40) }, /`commit` is set, and `image-tag` too/],
    [{ 'pull-request': '0' }, /whole number/],
    [{ 'pull-request': '7', mode: 'rollback', to: '1' }, /cannot be combined with `mode: rollback`/],
    [{ 'health-url': 'shop.example' }, /`health-url` is "shop.example"/],
    [{ 'stable-for': '5' }, /number without a unit/],
    [{ logs: 'all' }, /choose one of auto, follow, none/],
  ])('%j is refused with a hint', (given, message) => expect(problems({ ...HERE, ...given })).toMatch(message))

  it('has all its problems reported together', () => {
    const all = problems({
      webhook: 'x',
      'image-tag': '-',
      commit: 'y',
      'stable-for': '5',
      'on-failure': 'panic',
      wait: 'yes',
    })
    for (const name of ['webhook', 'token', 'image-tag', 'commit', 'stable-for', 'on-failure', 'wait']) {
      expect(all).toContain(`\`${name}\``)
    }
  })
})

it.each(['0s', '0ms', '0m'])('a `poll-interval` of %s is refused: Coolify would be requested without a pause', text => {
  expect(problems({ ...HERE, 'poll-interval': text })).toContain('`poll-interval` is 0')
})
