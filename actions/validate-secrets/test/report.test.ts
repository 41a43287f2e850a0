import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { runAction } from './running.ts'

const GOOD = 'f8Kq2-zPw9-Lm4Xr7'

describe('a run with nothing wrong', () => {
  it('says so, and gives outputs to branch on', async () => {
    const told = await runAction({
      inputs: { required: 'TOKEN', optional: 'SENTRY_DSN: url' },
      env: { TOKEN: GOOD, SENTRY_DSN: '' },
    })
    expect(told.failure).toBeUndefined()
    expect(told.log).toBe('info: 2 names checked, and all is well.')
    expect(told.annotations).toEqual([])
    expect(told.outputs).toEqual({
      result: 'valid',
      valid: 'true',
      'problem-count': '0',
      'problem-names': '',
      'report-path': '',
      'has-TOKEN': 'true',
      'has-SENTRY_DSN': 'false',
    })
    expect(told.summary).toContain('### ✅ Secrets and variables: 2 names checked')
    expect(told.summary).toContain('| `SENTRY_DSN` | secret | url | ➖ not set |')
  })
})

describe('a run with problems', () => {
  const given = {
    inputs: { required: 'TOKEN\nAPP_KEY: base64\nMISSING\nSSH_PORT: port', 'report-path': 'out/report.json' },
    env: { TOKEN: 'changeme', APP_KEY: 'abc', MISSING: '', SSH_PORT: '22' },
  }

  it('has every problem in one message, with the next step', async () => {
    const { failure } = await runAction(given)
    expect(failure?.title).toBe('3 problems with secrets and variables')
    expect(failure?.message.split('\n')).toEqual([
      '- `TOKEN` (placeholder): is a text of a template, not a value. Replace it with the real value. If it is meant, list it (or a part of it) in `allow-placeholder`.',
      '- `APP_KEY` (format): is cut, or lost its padding: the length of base64 is a multiple of 4. Copy it again to its very end, with the = signs.',
      '- `MISSING` (missing): is not set.',
    ])
    expect(failure?.next).toContain('Set secrets at https://github.com/acme/web-shop/settings/secrets/actions')
  })

  it('tells the log in columns, errors first', async () => {
    const { log } = await runAction(given)
    expect(log).toContain('group: 4 findings in 4 names\n  ✗ TOKEN     placeholder  is a text')
    expect(log).toContain('\n  ! SSH_PORT  not-secret   is a port')
  })

  it('writes a report without values', async () => {
    const { report } = await runAction(given)
    const read = JSON.parse(report)
    expect(read).toMatchObject({ version: 1, valid: false, environment: null })
    expect(read.checked.map((entry: { name: string; present: boolean }) => [entry.name, entry.present])).toEqual([
      ['TOKEN', true],
      ['APP_KEY', true],
      ['MISSING', false],
      ['SSH_PORT', true],
    ])
    expect(read.problems[1]).toEqual({
      names: ['APP_KEY'],
      code: 'format',
      severity: 'error',
      text: 'is cut, or lost its padding: the length of base64 is a multiple of 4',
      hint: 'Copy it again to its very end, with the = signs.',
      rule: 'input `required`, line 2, column 1',
    })
  })

  it('only tells when asked to, and still says that it is not valid', async () => {
    const told = await runAction({ ...given, inputs: { ...given.inputs, 'on-problem': 'warn' } })
    expect(told.failure).toBeUndefined()
    expect(told.outputs).toMatchObject({
      result: 'invalid',
      valid: 'false',
      'problem-count': '3',
      'problem-names': 'TOKEN APP_KEY MISSING',
    })
    expect(told.annotations.map(({ level }) => level)).toEqual(['warning'])
  })

  it('keeps to the limits of annotations: ten a step, 4096 characters each', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `SOME_RATHER_LONG_NAME_OF_A_SECRET_${index}`)
    const file = `secrets:\n${names.map(name => `  ${name}: url`).join('\n')}`
    const told = await runAction({ inputs: { 'rules-file': 'secrets.yml' }, file })
    expect(told.annotations.filter(({ level }) => level === 'error')).toHaveLength(9)
    expect(told.annotations[0]).toMatchObject({ place: { file: 'secrets.yml', line: 2, column: 3 } })
    const whole = `${told.failure?.message}\n\nNext: ${told.failure?.next}`
    expect(whole.length).toBeLessThanOrEqual(4_096)
    expect(told.failure?.message).toMatch(/- and \d+ more: the log and the job summary have all of them$/)
    expect(told.summary.match(/missing/g)).toHaveLength(120)
  })
})

describe('mistakes in the rules', () => {
  it('are told with their places, and no value is looked at', async () => {
    const told = await runAction({
      inputs: { 'rules-file': 'ci/secrets.yml', required: 'A: urll' },
      file: 'secrets:\n  B: { typ: url }',
    })
    expect(told.failure?.title).toBe('2 mistakes in the rules')
    expect(told.failure?.message).toBe(
      '- input `required`, line 1, column 1: the type `urll` is not known; did you mean `url`?\n- ci/secrets.yml:2:8: the key `typ` is not known; did you mean `type`?',
    )
    expect(told.annotations).toMatchObject([{ level: 'error', place: { file: 'ci/secrets.yml', line: 2, column: 8 } }])
    expect(told.outputs).toMatchObject({ result: 'failed', valid: 'false' })
  })

  it('of the inputs are told together, without quoting them', async () => {
    const told = await runAction({
      inputs: {
        secrets: 'hunter2-hunter2',
        'on-problem': 'hunter2-hunter2',
        'connect-timeout': '5',
        vars: '[1]',
        'remote-checks': 'yes',
      },
    })
    expect(told.failure?.title).toBe(
      'Wrong inputs: secrets, vars, on-problem, remote-checks, connect-timeout, required',
    )
    expect(told.everything).not.toContain('hunter2')
    expect(told.failure?.message).toContain(
      '- `connect-timeout` is not a duration from 100ms to 60s; write for example 5s',
    )
    expect(told.failure?.message).toContain(
      '- `required` is missing; name secrets here, or give `optional`, `rules` or `rules-file`',
    )
  })
})

describe('mistakes in inputs and rules', () => {
  it('are told in one message', async () => {
    const told = await runAction({ inputs: { required: 'A: urll', 'on-problem': 'stop' } })
    expect(told.failure).toEqual({
      title: 'Wrong input: on-problem; 1 mistake in the rules',
      message: [
        '- `on-problem` is none of its values; write fail or warn',
        '- input `required`, line 1, column 1: the type `urll` is not known; did you mean `url`?',
      ].join('\n'),
      next: 'Correct the `with:` of the step, and the rules. No value was checked.',
    })
    expect(told.outputs).toMatchObject({ result: 'failed', 'problem-count': '1' })
  })

  it('are told together with a rule file that is missing', async () => {
    const told = await runAction({
      inputs: { required: 'A: urll', 'rules-file': 'hunter2-hunter2', 'on-problem': 'stop' },
    })
    expect(told.failure).toMatchObject({
      title: 'Wrong input: on-problem; 2 mistakes in the rules',
      message: [
        '- `on-problem` is none of its values; write fail or warn',
        '- input `required`, line 1, column 1: the type `urll` is not known; did you mean `url`?',
        '- input `rules-file`, line 1, column 1: this file is not in the workspace; correct its path, and check the repository out in an earlier step',
      ].join('\n'),
    })
    expect(told.everything).not.toContain('hunter2')
    expect(told.outputs).toMatchObject({ result: 'failed', 'problem-count': '2' })
  })

  it('leave a name alone that the missing rule file may define', async () => {
    const told = await runAction({
      inputs: { rules: 'secrets: { A: { not-equal-to: [B] } }', 'rules-file': 'ci/secrets.yml' },
    })
    expect(told.failure?.title).toBe('1 mistake in the rules')
    expect(told.failure?.message).toContain('input `rules-file`')
  })
})

describe('hints by cause', () => {
  const pull = (head: string | null) => ({
    pull_request: {
      head: { repo: head === null ? null : { full_name: head } },
      base: { repo: { full_name: 'acme/web-shop' } },
    },
  })
  const missing = { inputs: { required: 'A_TOKEN\nB_TOKEN' }, env: { A_TOKEN: '', B_TOKEN: '' } }

  it.each(['someone/web-shop', null])('a fork (%s)', async head => {
    const told = await runAction({ ...missing, github: { GITHUB_EVENT_NAME: 'pull_request' }, payload: pull(head) })
    expect(told.failure?.next).toContain('of a pull request from a fork, and GitHub passes no secrets')
    expect(told.failure?.next).not.toContain('reusable workflow')
  })

  it('no fork when head and base are one repository', async () => {
    const told = await runAction({
      ...missing,
      github: { GITHUB_EVENT_NAME: 'pull_request' },
      payload: pull('acme/web-shop'),
    })
    expect(told.failure?.next).not.toContain('fork')
  })

  it('no fork for pull_request_target, which gets secrets', async () => {
    const told = await runAction({
      ...missing,
      github: { GITHUB_EVENT_NAME: 'pull_request_target' },
      payload: pull('someone/web-shop'),
    })
    expect(told.failure?.next).not.toContain('from a fork')
  })

  it('Dependabot has secrets of its own', async () => {
    const told = await runAction({ ...missing, github: { GITHUB_ACTOR: 'dependabot[bot]' } })
    expect(told.failure?.next).toContain("gets Dependabot's own secrets only")
    expect(told.failure?.next).toContain('/settings/secrets/dependabot')
  })

  it('act', async () => {
    const told = await runAction({ ...missing, github: { ACT: 'true' } })
    expect(told.failure?.next).toContain('--secret-file')
  })

  it.each([
    ['Gitea', { GITEA_ACTIONS: 'true', ACT: 'true' }],
    ['Forgejo', { GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true', ACT: 'true' }],
  ])('%s, whose runner is built on act', async (service, variables) => {
    const github = { ...variables, GITHUB_SERVER_URL: 'https://git.example.org/' }
    const inputs = { required: 'A_TOKEN', 'required-vars': 'REGION', environment: 'production' }
    const { failure } = await runAction({ inputs, env: { A_TOKEN: '', REGION: '' }, github })
    expect(failure?.next).not.toContain('--secret-file')
    expect(failure?.next).toContain(`${service} has no environments`)
    const settings = 'https://git.example.org/acme/web-shop/settings/actions'
    expect(failure?.next).toContain(
      `Set secrets at ${settings}/secrets\nSet variables at ${settings}/variables\nNothing was built or changed.`,
    )
  })

  it('a fork in a called workflow of Gitea', async () => {
    const github = { GITEA_ACTIONS: 'true', GITHUB_EVENT_NAME: 'workflow_call', GITHUB_REF: 'refs/pull/3/head' }
    const told = await runAction({ ...missing, github, payload: pull('someone/web-shop') })
    expect(told.failure?.next).toContain('of a pull request from a fork')
  })

  it('not one secret arrived: a reusable workflow without `secrets:`', async () => {
    const told = await runAction(missing)
    expect(told.failure?.next).toContain('Not one of the 2 secrets arrived')
    expect(told.failure?.next).toContain('`secrets: inherit`')
    expect(told.failure?.next).toContain('the job that runs this step must say `environment: NAME`')
  })

  it('some arrived: the environment is the likelier cause', async () => {
    const told = await runAction({
      ...missing,
      inputs: { ...missing.inputs, environment: 'production' },
      env: { A_TOKEN: GOOD, B_TOKEN: '' },
    })
    expect(told.failure?.next).not.toContain('Not one of')
    expect(told.failure?.next).toContain('reach a job only if that job says `environment: production` itself')
    expect(told.failure?.next).toContain('/settings/environments (production) or ')
  })

  it('the step does not name it', async () => {
    const told = await runAction({ inputs: { required: 'A_TOKEN', 'required-vars': 'REGION' } })
    expect(told.failure?.next).toContain(
      "The step's `env:` does not name `A_TOKEN`, `REGION`: a step sees only what it is given. Add `A_TOKEN: ${{ secrets.A_TOKEN }}` and so on.",
    )
    expect(told.failure?.next).toContain('Set variables at https://github.com/acme/web-shop/settings/variables/actions')
  })

  it('a near name is set', async () => {
    const told = await runAction({ inputs: { required: 'DATABASE_URL: database-url' }, env: { DATABASE_URI: GOOD } })
    expect(told.failure?.next).toContain(
      '`DATABASE_URI` is set, and no rule is about it: is it the `DATABASE_URL` that is missing?',
    )
  })

  it('keeps the address whole beside a value that holds the name of the repository', async () => {
    const told = await runAction({
      inputs: { required: 'IMAGE: docker-image' },
      env: { IMAGE: 'GHCR.io/acme/web-shop-X' },
    })
    expect(told.failure?.next).toContain('Set secrets at https://github.com/acme/web-shop/settings/secrets/actions')
  })

  it('GitHub Enterprise has its own address', async () => {
    const told = await runAction({ ...missing, github: { GITHUB_SERVER_URL: 'https://git.example.com' } })
    expect(told.failure?.next).toContain('https://git.example.com/acme/web-shop/settings')
  })

  it('an environment that no rule knows', async () => {
    const rules = 'vars:\n  A: { required: false, environments: { production: { required: true } } }'
    const { log } = await runAction({ inputs: { rules, environment: 'review' } })
    expect(log).toContain('No rule is about the given environment; there are rules for production.')
    expect((await runAction({ inputs: { rules } })).log).toContain(
      'The rules for production were not applied, because the input `environment` is not set.',
    )
  })

  it.each(['prodction', 'productoin', 'Prodution', 'production2'])(
    'an environment that is nearly one of the rules is a failure: %s',
    async environment => {
      const rules = 'vars:\n  A: { required: false, environments: { production: { required: true } } }'
      const { failure, outputs } = await runAction({ inputs: { rules, environment } })
      expect(failure?.message).toContain('no rule is about this environment; did you mean `production`?')
      expect(outputs).toMatchObject({ result: 'failed', valid: 'false' })
      const named = rules.replace('} }', `}, ${environment}: {} }`)
      expect((await runAction({ inputs: { rules: named, environment } })).failure).toBeUndefined()
    },
  )
})

describe('`secrets: ${{ toJSON(secrets) }}`', () => {
  it('works, and warns', async () => {
    const secrets = JSON.stringify({ A_TOKEN: GOOD, github_token: 'ghs_x' })
    const told = await runAction({ inputs: { required: 'A_TOKEN', secrets } })
    expect(told.failure).toBeUndefined()
    expect(told.outputs['has-A_TOKEN']).toBe('true')
    expect(told.log).toContain(
      'warning: More secrets than needed: `secrets: ${{ toJSON(secrets) }}` hands every secret',
    )
    expect(told.masks).toContain(GOOD)
  })

  it('of vars works without a warning', async () => {
    const told = await runAction({ inputs: { 'required-vars': 'REGION', vars: '{"REGION":"eu-central"}' } })
    expect(told.failure).toBeUndefined()
    expect(told.log).not.toContain('warning')
    expect(told.masks).toEqual([])
  })
})

describe('remote checks', () => {
  const rules = 'secrets: [TOKEN]\nchecks: [{ github-token: { token: TOKEN } }]'
  const checkRemotely = async () => ({
    results: [
      {
        check: 'github-token',
        names: ['TOKEN'],
        outcome: 'failed' as const,
        text: 'is a token that GitHub does not take',
      },
    ],
    problems: [
      {
        names: ['TOKEN'],
        code: 'refused' as const,
        text: 'github-token: is a token that GitHub does not take',
        severity: 'error' as const,
      },
    ],
  })

  it('are not made unless asked for', async () => {
    const told = await runAction({ inputs: { rules }, env: { TOKEN: GOOD }, checkRemotely })
    expect(told.failure).toBeUndefined()
    expect(told.log).toContain('github-token: skipped: not asked for')
  })

  it('are never made for a fork', async () => {
    const payload = {
      pull_request: { head: { repo: { full_name: 'x/y' } }, base: { repo: { full_name: 'acme/web-shop' } } },
    }
    const told = await runAction({
      inputs: { rules, 'remote-checks': 'true' },
      env: { TOKEN: GOOD },
      github: { GITHUB_EVENT_NAME: 'pull_request' },
      payload,
      checkRemotely,
    })
    expect(told.log).toContain("github-token: skipped: not done for a fork's pull request")
  })

  it('fail the step with the rest', async () => {
    const told = await runAction({ inputs: { rules, 'remote-checks': 'true' }, env: { TOKEN: GOOD }, checkRemotely })
    expect(told.failure?.message).toBe('- `TOKEN` (refused): github-token: is a token that GitHub does not take.')
    expect(told.summary).toContain('| github-token | ❌ is a token')
  })
})

describe('a bug of ours', () => {
  it('tells its place and never its message', async () => {
    const told = await runAction({
      inputs: { rules: 'secrets: [TOKEN]\nchecks: [{ github-token: { token: TOKEN } }]', 'remote-checks': 'true' },
      env: { TOKEN: GOOD },
      checkRemotely: async () => {
        throw new TypeError(`cannot read ${GOOD}\n    at ${GOOD}`)
      },
    })
    expect(told.failure?.title).toBe('Unexpected failure')
    expect(told.failure?.message).toContain('an internal TypeError')
    expect(told.failure?.message).toMatch(/at .*report\.test\.ts:\d+/)
    expect(told.everything).not.toContain(GOOD)
  })
})

describe('rules that check nothing', () => {
  it.each([
    ['optional', 'optional', '# SENTRY_DSN: url\n# OTHER'],
    ['required-vars', 'required-vars', ',\n#'],
    ['rules', 'rules', 'version: 1\n# secrets:\n#   A:'],
    ['rules of comments', 'rules', '# secrets:\n#   A:'],
    ['an empty map', 'rules', 'vars: {}'],
    ['an empty section', 'rules', 'vars:\n  # A: url'],
  ])('are a failure: %s', async (_, input, text) => {
    const alone = await runAction({ inputs: { [input]: text } })
    expect(alone.failure?.message).toContain('it checks nothing')
    expect(alone.failure?.message).toContain(`input \`${input}\`, line 1`)
    const beside = await runAction({ inputs: { required: 'TOKEN', [input]: text }, env: { TOKEN: GOOD } })
    expect(beside.failure?.message).toContain('it checks nothing')
  })

  it.each(['version: 1\n', '# later\n', ''])('are a failure in a file too: %j', async file => {
    const { failure } = await runAction({ inputs: { 'rules-file': 'ci/secrets.yml' }, file })
    expect(failure?.message).toContain('ci/secrets.yml:1:1: names nothing')
  })

  it('are not those with groups or conditions for the names of the lists', async () => {
    const inputs = { optional: 'A\nB', rules: 'groups: [{ one-of: [A, B] }]' }
    expect((await runAction({ inputs, env: { A: GOOD } })).failure).toBeUndefined()
  })
})

describe('the summary', () => {
  it('says for every problem what to do', async () => {
    const rules = [
      'secrets: { A_TOKEN: , A_KEY: base64, MISSING: , OTHER: , BLANK: , DSN: { type: url, docs: "https://docs.acme.org/dsn" } }',
      'vars: { PORT: port, MODE: { enum: [a, b] }, EMAIL: email, V: { min-length: 9 } }',
      'groups: [{ all-or-none: [A_KEY, OTHER] }]',
    ].join('\n')
    const env = {
      A_TOKEN: 'changeme',
      A_KEY: 'hello!',
      BLANK: ' ',
      DSN: 'https://a..b/',
      PORT: 'x',
      MODE: 'c',
      EMAIL: 'a',
      V: 'x',
    }
    const { summary } = await runAction({ inputs: { rules }, env })
    const rows = summary.split('\n').filter(line => line.startsWith('| `') && line.split('|').length === 6)
    expect(rows).toHaveLength(10)
    for (const row of rows) expect(row).toMatch(/\| [A-Z][^|]{9,} \|$/)
    expect(summary).toContain('Set it: https://github.com/acme/web-shop/settings/secrets/actions')
    expect(summary).toContain('Encode it: `base64 -w0 FILE`')
    expect(summary).toContain('(how to get it: https://docs.acme.org/dsn)')
  })
})

describe('the report of a JSON secret', () => {
  const run = (value: string) =>
    runAction({
      inputs: { required: 'CREDENTIALS: json\nMISSING', 'report-path': 'r.json', environment: 'production' },
      env: { CREDENTIALS: value, MISSING: '' },
    })

  it('stays JSON with its own keys, whatever the secret shares with them', async () => {
    const plain = JSON.parse((await run('{}')).report)
    const keys = fc.constantFrom(
      ...Object.keys(plain),
      ...Object.keys(plain.checked[0]),
      ...Object.keys(plain.problems[0]),
    )
    const leaves = fc.oneof(fc.boolean(), fc.constant(null), fc.string(), fc.constantFrom('secret', 'missing', 'json'))
    const documents = fc.dictionary(keys, fc.oneof(leaves, fc.array(leaves), fc.dictionary(keys, leaves)))
    const spaces = fc.constantFrom(undefined, 1, 2, 4)
    await fc.assert(
      fc.asyncProperty(documents, spaces, async (document, space) => {
        const report = JSON.parse((await run(JSON.stringify(document, undefined, space))).report)
        expect(Object.keys(report)).toEqual(Object.keys(plain))
        expect(Object.keys(report.checked[0])).toEqual(Object.keys(plain.checked[0]))
      }),
    )
  })

  it('stays JSON when the secret holds words of its texts', async () => {
    const value = JSON.stringify({ required: true, note: 'settings/secrets/actions', pin: 'production, the second' })
    const { report } = await run(value)
    expect(JSON.parse(report)).toMatchObject({ valid: false, checked: [{ name: 'CREDENTIALS' }, { name: 'MISSING' }] })
  })
})
