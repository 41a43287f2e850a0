import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '@deploy-actions/core/values/secret'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { lexer, type Token, type Tokens } from 'marked'
import { SaxesParser } from 'saxes'
import type { RunResult } from '../src/result.ts'
import { anyRun, bad, check, failing, good, runOf, tell } from './results.ts'

interface Node {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Node[]
  text: string
}

/** Reads XML by a parser that refuses what is not well-formed. */
function parseXml(xml: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser()
  parser.on('error', error => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const node = { name, attributes, children: [], text: '' }
    open.at(-1)?.children.push(node)
    open.push(node)
  })
  parser.on('closetag', () => void open.pop())
  parser.on('text', text => {
    const node = open.at(-1)
    if (node) node.text += text
  })
  parser.write(xml).close()
  const [first] = root.children
  if (first === undefined) throw new Error('no root')
  return first
}

/** Elements with their attributes, of Jenkins' junit-10.xsd; `!` marks what must be there. */
const SCHEMA: Readonly<Record<string, { readonly attributes: string; readonly children: string }>> = {
  testsuites: { attributes: 'name time tests failures errors', children: 'testsuite' },
  testsuite: {
    attributes: 'name! tests! failures! errors! time skipped timestamp',
    children: 'properties testcase system-out system-err',
  },
  properties: { attributes: '', children: 'property' },
  property: { attributes: 'name! value!', children: '' },
  testcase: { attributes: 'name! time classname', children: 'skipped failure system-out' },
  failure: { attributes: 'type message', children: '' },
  skipped: { attributes: 'type message', children: '' },
  'system-out': { attributes: '', children: '' },
}

function expectSchema({ name, attributes, children }: Node): void {
  const schema = SCHEMA[name]
  const known = (schema?.attributes ?? '').split(' ').filter(word => word !== '')
  const names = Object.keys(attributes)
  expect(known.map(word => word.replace('!', ''))).toEqual(expect.arrayContaining(names))
  expect(names).toEqual(expect.arrayContaining(known.flatMap(word => (word.endsWith('!') ? [word.slice(0, -1)] : []))))
  for (const child of children) {
    expect((schema?.children ?? '').split(' ')).toContain(child.name)
    expectSchema(child)
  }
}

const find = (node: Node, name: string): Node[] => [
  ...(node.name === name ? [node] : []),
  ...node.children.flatMap(child => find(child, name)),
]

const junitOf = async (run: RunResult) => parseXml((await tell(run)).files['junit.xml'] ?? '')

describe('the JUnit report', () => {
  it('has a suite for each group and a case for each check, which counts once', async () => {
    const root = await junitOf(
      runOf(
        check({ name: 'home' }),
        check({ name: 'api', group: 'backend', startedMs: 1_000, durationMs: 2_500, attempts: [bad(1), good(2)] }),
        failing({ name: 'slow', group: 'backend', severity: 'warning', startedMs: 2_000, durationMs: 4_000 }),
        check({ name: 'job', group: 'backend', outcome: 'skipped', reason: '`api` did not pass', attempts: [] }),
      ),
    )
    expect(root.attributes).toEqual({ name: 'smoke-test', tests: '4', failures: '0', errors: '0', time: '4.300' })
    expect(root.children.map(({ attributes }) => attributes)).toEqual([
      {
        name: 'smoke-test',
        tests: '1',
        failures: '0',
        errors: '0',
        skipped: '0',
        time: '0.012',
        timestamp: '2026-03-01T09:30:00',
      },
      {
        name: 'backend',
        tests: '3',
        failures: '0',
        errors: '0',
        skipped: '2',
        time: '6.000',
        timestamp: '2026-03-01T09:30:00',
      },
    ])
    expect(find(root, 'testcase').map(({ attributes }) => attributes)).toEqual([
      { name: 'home', classname: 'smoke-test', time: '0.012' },
      { name: 'api', classname: 'backend', time: '2.500' },
      { name: 'slow', classname: 'backend', time: '4.000' },
      { name: 'job', classname: 'backend', time: '0.012' },
    ])
    expect(find(root, 'skipped').map(({ attributes }) => attributes)).toEqual([
      { type: 'warning', message: 'failed, as a warning only: the status was 502, not 2xx' },
      { message: '`api` did not pass' },
    ])
  })

  it('has one failure, of the last attempt, and the earlier ones as output', async () => {
    const attempts = [bad(1, 'nothing listens'), bad(2, 'the status was 502', 'Bad <b>gateway</b>\n]]>\u0000')]
    const root = await junitOf(runOf(failing({ name: 'api', reason: 'the status was 502', attempts })))
    expect(root.attributes).toMatchObject({ tests: '1', failures: '1' })
    expect(find(root, 'failure')).toMatchObject([
      {
        attributes: { type: 'http', message: 'the status was 502' },
        text: 'GET https://shop.example.org/health\nthe status was 502\nBad <b>gateway</b>\n]]>',
      },
    ])
    expect(find(root, 'system-out')[0]?.text.split('\n')).toEqual([
      'GET https://shop.example.org/health (smoke.yml:4:5)',
      '✗ attempt 1, 30 ms: nothing listens',
      '✗ attempt 2, 30 ms: the status was 502',
      '│ Bad <b>gateway</b>',
      '│ ]]>',
    ])
  })

  it('keeps line breaks in attributes', async () => {
    const root = await junitOf(runOf(failing({ reason: 'one\ntwo\tthree\r' })))
    expect(find(root, 'failure')[0]?.attributes['message']).toBe('one\ntwo\tthree\r')
  })

  it('is well-formed, of the schema, and counts right, whatever was answered', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async run => {
        const root = await junitOf(run)
        expectSchema(root)
        for (const suite of [root, ...find(root, 'testsuite')]) {
          expect(suite.attributes).toMatchObject({
            tests: String(find(suite, 'testcase').length),
            failures: String(find(suite, 'failure').length),
          })
          if (suite !== root) expect(suite.attributes['skipped']).toBe(String(find(suite, 'skipped').length))
        }
        expect(find(root, 'testcase')).toHaveLength(run.checks.length)
      }),
    )
  })
})

describe('the JSON report', () => {
  const schema: object = JSON.parse(readFileSync(join(import.meta.dirname, '../report.schema.json'), 'utf8'))
  const fits = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)

  it('tells everything that is known', async () => {
    const { files } = await tell(
      runOf(failing({ name: 'api', attempts: [bad(1, 'no', 'Bad gateway')], startedMs: 3.4 })),
    )
    expect(JSON.parse(files['report.json'] ?? '')).toEqual({
      version: 1,
      result: 'failed',
      started: '2026-03-01T09:30:00.000Z',
      'duration-ms': 4_300,
      total: 1,
      passed: 0,
      failed: 1,
      warnings: 0,
      skipped: 0,
      checks: [
        {
          name: 'api',
          group: null,
          kind: 'http',
          target: 'GET https://shop.example.org/health',
          'written-at': 'smoke.yml:4:5',
          severity: 'error',
          outcome: 'failed',
          reason: 'the status was 502, not 2xx',
          steady: true,
          'started-ms': 3,
          'duration-ms': 4_200,
          attempts: [
            {
              number: 1,
              ok: false,
              reasons: ['no'],
              advice: [],
              excerpt: 'Bad gateway',
              cut: false,
              'duration-ms': 30,
            },
          ],
        },
      ],
    })
  })

  it('is as its schema says, whatever was answered', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async run => {
        const { files } = await tell(run)
        fits(JSON.parse(files['report.json'] ?? ''))
        expect(fits.errors ?? []).toEqual([])
      }),
    )
  })
})

/** Text, or an address that GitHub makes a link to itself of. */
const isPlain = (token: Token) => token.type === 'text' || (token.type === 'link' && token.raw === token['text'])

describe('every report', () => {
  it('keeps lines whole and small, whatever was answered', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async run => {
        const { lines, summary, annotations } = await tell(run)
        // The runner would read a line break as the end of the line.
        expect(lines.filter(line => /[\p{Cc}\p{Zl}\p{Zp}]/u.test(line))).toEqual([])
        const kinds = lexer(summary).flatMap(({ type }) => (type === 'space' ? [] : [type]))
        // A block of details is HTML, code and HTML again; the timeline is code.
        expect(kinds.join(' ')).toMatch(/^heading table( html code html)*( code)?$/)
        const table = lexer(summary).find(({ type }) => type === 'table') as Tokens.Table
        expect(table.rows).toHaveLength(run.checks.length)
        const withMarkup = table.rows.flat().flatMap(cell => cell.tokens.filter(token => !isPlain(token)))
        // The names are strong, and the target is on a line of its own.
        expect(withMarkup.filter(({ type, raw }) => type !== 'strong' && raw !== '<br>')).toEqual([])
        expect(annotations.every(({ text }) => text.length < 4_096)).toBe(true)
      }),
    )
  })

  const token = `t0k&n-"ü'/+=<${'x'.repeat(9)}>`
  const base64 = Buffer.from(token).toString('base64')
  it.each([
    ['as it is', token],
    ['in base64', base64],
    ['within base64', Buffer.from(`user:${token}`).toString('base64')],
    ['in base64url', Buffer.from(token).toString('base64url')],
    ['as a part of a URL', encodeURIComponent(token)],
    ['as a part of JSON', JSON.stringify({ token })],
  ])('holds no secret, %s', async (_, form) => {
    const said = `the body said ${form} there`
    const attempts = [bad(1, said, said)]
    const parts = { name: said, group: said, target: said, reason: said, attempts }
    const run = runOf(
      failing(parts),
      failing({ ...parts, severity: 'warning' }),
      check({ ...parts, attempts: [good(), ...attempts] }),
    )
    const told = await tell(run, { secrets: [new Secret(token)] })
    const everything = [
      ...[...told.lines, told.summary, told.failure?.message, told.outputs['failed-names']],
      ...[...Object.values(told.files), ...told.annotations.map(({ title, text }) => title + text)],
    ].join('\n')
    const undone = everything.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))
    expect(undone).toContain('the body said')
    expect(undone).toContain('***')
    for (const text of [token, base64, base64.slice(4, -4), encodeURIComponent(token), 'xxxxxxxxx'])
      for (const written of [everything, undone]) expect(written).not.toContain(text)
  })
})
