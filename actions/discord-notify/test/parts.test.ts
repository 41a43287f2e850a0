import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deployEmbed } from '@deploy-actions/core/discord/deploy-embed'
import { STATUSES } from '@deploy-actions/core/discord/status'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { describe, expect, it, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { readAttachments } from '../src/adapters/attachments.ts'
import { decide } from '../src/decision.ts'
import { parseFields } from '../src/fields.ts'
import { templateLook } from '../src/look.ts'
import { fill, unknownPlaceholders } from '../src/placeholders.ts'
import { runFacts } from '../src/run-facts.ts'
import { parseState, type State } from '../src/state.ts'
import { parseTemplate } from '../src/template.ts'

describe('runFacts', () => {
  const env = {
    GITHUB_REPOSITORY: 'org/shop',
    GITHUB_SERVER_URL: 'https://ghe.example',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_SHA: '1'.repeat(40),
    GITHUB_ACTOR: 'actor',
    GITHUB_WORKFLOW: 'Deploy',
    GITHUB_RUN_ID: '7',
    GITHUB_RUN_NUMBER: '42',
  }
  const head = '2'.repeat(40)

  test.each<[string, object, Record<string, string>, object]>([
    [
      'a push',
      { head_commit: { id: head, message: 'm', author: { name: 'Ada', username: 'ada' } } },
      {},
      { sha: head, message: 'm', author: { name: 'ada', isLogin: true }, ref: { kind: 'branch', name: 'main' } },
    ],
    [
      'a push by someone without an account',
      { head_commit: { id: head, message: 'm', author: { name: 'Ada L' } } },
      {},
      { author: { name: 'Ada L', isLogin: false } },
    ],
    ['a tag', {}, { GITHUB_REF: 'refs/tags/v1.2.3' }, { ref: { kind: 'tag', name: 'v1.2.3' }, sha: '1'.repeat(40) }],
    [
      'a pull request',
      { pull_request: { number: 12, title: 'Add it', head: { sha: head, ref: 'x' }, user: { login: 'eve' } } },
      { GITHUB_REF: 'refs/pull/12/merge' },
      {
        sha: head,
        message: 'Add it',
        author: { name: 'eve', isLogin: true },
        ref: { kind: 'pull request', name: '12', url: 'https://ghe.example/org/shop/pull/12' },
      },
    ],
    [
      'a workflow run',
      {
        workflow_run: {
          head_sha: head,
          head_branch: 'dev',
          head_commit: { message: 'm', author: { name: 'Ada' } },
          actor: { login: 'ada' },
        },
      },
      {},
      { sha: head, message: 'm', author: { name: 'ada', isLogin: true }, ref: { kind: 'branch', name: 'dev' } },
    ],
    [
      'a merge queue',
      { merge_group: { head_commit: { id: head, message: 'm', author: { name: 'Ada' } } } },
      { GITHUB_REF: `refs/heads/gh-readonly-queue/main/pr-9-${head}` },
      { sha: head, ref: { kind: 'pull request', name: '9', url: 'https://ghe.example/org/shop/pull/9' } },
    ],
    ['a schedule', { schedule: '0 * * * *' }, {}, { sha: '1'.repeat(40), author: { name: 'actor', isLogin: true } }],
  ])('of %s', (_name, event, more, expected) => {
    const facts = runFacts({ ...env, ...more }, event, undefined)
    expect(facts).toMatchObject({ ...expected, runUrl: 'https://ghe.example/org/shop/actions/runs/7', runAttempt: '1' })
  })

  it('has the pages of Gitea, and the page of a pull request as the event has it', () => {
    const gitea = { ...env, GITHUB_SERVER_URL: 'https://git.example/', GITEA_ACTIONS: 'true' }
    const html_url = 'https://git.example/elsewhere/pulls/12'
    const event = { pull_request: { number: 12, head: { sha: head }, html_url } }
    const facts = runFacts(gitea, event, undefined)
    expect([facts.runUrl, facts.ref.url]).toEqual(['https://git.example/org/shop/actions/runs/7', html_url])
    const queued = { ...gitea, GITHUB_REF: 'refs/pull/12/head' }
    expect(runFacts(queued, {}, undefined).ref.url).toBe('https://git.example/org/shop/pulls/12')
    const embed = deployEmbed('success', facts, { details: ['branch'], now: 0 })
    expect(embed.fields?.[0]?.value).toBe(`[\\#12](${html_url})`)
  })

  it('knows nothing but the id of another commit', () => {
    const event = { head_commit: { id: head, message: 'm', author: { username: 'ada' } } }
    const facts = runFacts(env, event, '3333333')
    expect(facts).toMatchObject({ sha: '3333333', author: { name: 'actor' } })
    expect(facts.message).toBeUndefined()
    expect(runFacts(env, event, head).message).toBe('m')
  })

  it('does with nothing at all', () => {
    expect(runFacts({}, undefined, undefined)).toMatchObject({ sha: '', repository: '', workflow: 'Workflow' })
  })
})

describe('parseFields', () => {
  it('reads names, values, and lines that go on', () => {
    expect(
      parseFields('Release: 1.2: x\n\nLog:\n  ```\n  a\n    b\n  ```\nLink: [a](https://b.example)\nEmpty:'),
    ).toEqual([
      { name: 'Release', value: '1.2: x', inline: true },
      { name: 'Log', value: '```\na\n  b\n```', inline: false },
      { name: 'Link', value: '[a](https://b.example)', inline: true },
      { name: 'Empty', value: '', inline: true },
    ])
  })
  it('refuses a line without a name', () => {
    expect(() => parseFields('just words')).toThrow(/without "Name: "/)
  })
})

describe('a template', () => {
  it("gives a status its own part, its family's, and what all share", async () => {
    const template = await parseTemplate(
      'all:\n  footer: f\n  fields: { A: 1 }\nfailure:\n  title: Bad\nrolled-back:\n  title: Back\n  buttons: { Open: https://a.example }\n',
    )
    expect(templateLook(template, 'rolled-back')).toMatchObject({
      title: 'Back',
      footer: 'f',
      buttons: ['Open: https://a.example'],
    })
    expect(templateLook(template, 'stopped')).toMatchObject({
      title: 'Bad',
      fields: [{ name: 'A', value: '1', inline: true }],
    })
    expect(templateLook(template, 'success')).not.toHaveProperty('title')
  })
  test.each([
    ['sucess: {}', 'line 1, column 1: the status `sucess` is not known; did you mean `success`?'],
    ['all:\n  titel: x\n', 'line 2, column 3: the key `titel` is not known; did you mean `title`?'],
    ['all:\n  title: [1]\n', 'line 2, column 10: `all.title` is not a text'],
    ['[1, 2]', 'line 1, column 1: the file is not a list of "name: value"'],
    ['a: [', 'line 1, column 5: a bracket, a comma or a colon is missing'],
    [
      'sucess: {}\nall: { title: [1] }\n',
      'line 1, column 1: the status `sucess` is not known; did you mean `success`?; line 2',
    ],
  ])('refuses %j', async (text, message) => {
    await expect(parseTemplate(text)).rejects.toThrow(message)
    await expect(parseTemplate(text)).rejects.toThrow(InvalidValue)
  })
})

describe('the schema of a template', () => {
  const schema = JSON.parse(readFileSync(new URL('../template.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)
  const isTaken = (text: string) =>
    parseTemplate(text).then(
      () => true,
      () => false,
    )

  test.each([
    'all:\n  footer: f\n  fields: { A: 1, B: }\nfailure:\n  title: Bad\n  buttons: { Open: https://a.example }\n',
    'success:\n',
    'sucess: {}',
    'all: { titel: x }',
    'all: { title: [1] }',
    'all: { fields: [1] }',
    '[1, 2]',
  ])('says of %p what the action says', async text => {
    expect(validate(parse(text))).toBe(await isTaken(text))
  })

  it('knows every status', () => {
    expect(Object.keys(schema.properties).sort()).toEqual(['all', ...Object.keys(STATUSES)].sort())
  })
})

describe('placeholders', () => {
  const values = new Map([
    ['message', 'fix *it* @everyone'],
    ['run-url', 'https://a.example/a_b'],
  ])
  it('are escaped where they would format', () => {
    expect(fill('{{message}} {{ run-url }} {{helm}}', values, 'markdown')).toBe(
      'fix \\*it\\* @\u200beveryone https://a.example/a_b {{helm}}',
    )
    expect(fill('{{message}}', values, 'plain')).toBe('fix *it* @everyone')
  })
  it('that are not known are named', () => {
    expect(unknownPlaceholders('{{comit}} {{commit}} {{x}}')).toEqual(['{{comit}} ({{commit}}?)', '{{x}}'])
    expect(unknownPlaceholders('{{ EVENT_PAYLOAD.release.tag_name }}')).toEqual(['{{EVENT_PAYLOAD.release.tag_name}}'])
  })
})

describe('decide', () => {
  const state = (status: State['status']): State => ({ version: 1, status, since: 1_000, sha: '', messages: {} })
  test.each<[Parameters<typeof decide>[0], State['status'], State['status'] | undefined, State['status'] | undefined]>([
    ['always', 'skipped', undefined, 'skipped'],
    ['failure', 'success', undefined, undefined],
    ['failure', 'rolled-back', undefined, 'rolled-back'],
    ['change', 'success', undefined, undefined],
    ['change', 'failure', undefined, 'down'],
    ['change', 'failure', 'success', 'down'],
    ['change', 'failed', 'down', undefined],
    ['change', 'success', 'failure', 'recovered'],
    ['change', 'deployed', 'recovered', undefined],
    ['change', 'cancelled', 'down', undefined],
    ['change', 'started', undefined, undefined],
    ['change', 'rollback-failed', 'recovered', 'rollback-failed'],
  ])('only-when %s: %s after %s tells %s', (onlyWhen, status, before, tell) => {
    const decision = decide(onlyWhen, status, before && state(before), 61_000)
    expect(decision.tell).toBe(tell)
    expect(decision.downFor).toBe(tell === 'recovered' ? 60_000 : undefined)
    expect(decision.reason === '').toBe(tell !== undefined)
  })
})

describe('parseState', () => {
  it('reads what was written, and nothing else', () => {
    const state: State = { version: 1, status: 'down', since: 5, sha: 'a', messages: { 1: { id: '2' } } }
    expect(parseState(JSON.stringify(state))).toEqual(state)
    for (const text of ['', '{', 'null', '{"version":2}', '{"version":1,"status":"odd","since":1}'])
      expect(parseState(text)).toBeUndefined()
  })
})

describe('readAttachments', () => {
  it('follows no link out of the workspace', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'files-'))
    try {
      const folder = path.join(home, 'workspace')
      mkdirSync(path.join(folder, 'own'), { recursive: true })
      mkdirSync(path.join(home, 'workspace-2'))
      writeFileSync(path.join(home, 'workspace-2/secret.txt'), 'secret')
      writeFileSync(path.join(folder, 'own/real.txt'), 'own')
      symlinkSync('../workspace-2/secret.txt', path.join(folder, 'report.txt'))
      symlinkSync('../workspace-2', path.join(folder, 'reports'))
      symlinkSync('nowhere', path.join(folder, 'gone.txt'))
      symlinkSync('own/real.txt', path.join(folder, 'link.txt'))
      const log = new RecordingLog()
      const patterns = ['*.txt', 'reports/*', '../workspace-2/*', path.join(home, 'workspace-2/secret.txt')]
      const files = await readAttachments(patterns, folder, log)
      expect(files.map(({ data }) => Buffer.from(data).toString())).toEqual(['own'])
      expect(log.text).toMatch(/report\.txt leads out of the workspace/)
    } finally {
      rmSync(home, { recursive: true })
    }
  })

  it('takes what Discord takes, and tells what it leaves out', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'files-'))
    try {
      for (let index = 10; index < 22; index++) writeFileSync(path.join(folder, `${index}.txt`), 'x')
      const log = new RecordingLog()
      const files = await readAttachments(['*.txt', '10.txt', 'none/*'], folder, log)
      expect(files.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 10}.txt`))
      expect(log.text).toMatch(/20\.txt is left out/)
      expect(log.text).toMatch(/nothing in the workspace can be attached as none\/\*/)
      truncateSync(path.join(folder, '10.txt'), 26 * 1024 * 1024)
      expect(await readAttachments(['10.txt'], folder, log)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
