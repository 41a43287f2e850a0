import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BundleRun, runBundle } from '@deploy-actions/testkit/run-bundle'
import { makeSshKey } from '@deploy-actions/testkit/ssh-key'
import { afterAll, describe, expect, it } from '@jest/globals'

const workspace = mkdtempSync(join(tmpdir(), 'validate-secrets-'))
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

const key = makeSshKey('ed25519')
const GOOD = 'f8Kq2-zPw9-Lm4Xr7'
const run = (options: BundleRun) => runBundle('validate-secrets', { cwd: workspace, ...options })

describe('the bundle of validate-secrets', () => {
  it('passes with right values of every part that is loaded lazily', async () => {
    const rules = `
secrets:
  KEY: { type: ssh-private-key, matches-public-key: PUB }
  TOKEN: { min-length: 10 }
vars:
  PUB: ssh-public-key
  HOSTS: known-hosts
`
    const { exitCode, outputs, annotations, stdout } = await run({
      inputs: { rules },
      env: { KEY: key.private, PUB: key.public, HOSTS: `shop.example.com ${key.public}`, TOKEN: GOOD },
    })
    expect(stdout).toContain('4 names checked, and all is well.')
    expect(exitCode).toBe(0)
    expect(annotations).toEqual([])
    expect(outputs).toMatchObject({ result: 'valid', valid: 'true', 'problem-count': '0', 'has-KEY': 'true' })
  })

  it('fails with everything in one annotation, and still gives outputs and a report', async () => {
    writeFileSync(join(workspace, 'secrets.yml'), 'secrets:\n  KEY: ssh-private-key\n  DATABASE_URL: database-url\n')
    const { exitCode, outputs, annotations, summary } = await run({
      inputs: { 'rules-file': 'secrets.yml', required: 'TOKEN', 'report-path': 'out/report.json' },
      env: { KEY: key.public, DATABASE_URL: 'postgres://u:a/b@db/shop', TOKEN: '' },
    })
    expect(exitCode).toBe(1)
    expect(outputs).toMatchObject({
      result: 'invalid',
      'problem-count': '3',
      'problem-names': 'TOKEN KEY DATABASE_URL',
    })
    expect(annotations.filter(({ title }) => title === '3 problems with secrets and variables')).toHaveLength(1)
    expect(annotations.map(({ level }) => level)).toEqual(['error', 'error', 'error'])
    expect(summary).toContain('### ❌ Secrets and variables: 3 problems')
    expect(JSON.parse(readFileSync(join(workspace, 'out/report.json'), 'utf8'))).toMatchObject({ valid: false })
  })

  it('masks what is secret inside a value before it says anything else', async () => {
    const { masks, stdout } = await run({
      inputs: { required: 'DATABASE_URL: database-url\nSERVICE: json' },
      env: { DATABASE_URL: 'postgres://u:p%40ssw0rd-9x@db/shop', SERVICE: '{"key":"leaf-of-the-json"}' },
    })
    expect(masks).toEqual(expect.arrayContaining(['p%40ssw0rd-9x', 'p@ssw0rd-9x', 'leaf-of-the-json']))
    expect(stdout.lastIndexOf('::add-mask::')).toBeLessThan(stdout.indexOf('2 names checked'))
  })

  it('reports a rule file that is missing', async () => {
    const { exitCode, annotations } = await run({ inputs: { 'rules-file': 'nowhere.yml' } })
    expect(exitCode).toBe(1)
    expect(annotations[0]).toMatchObject({ title: '1 mistake in the rules' })
    expect(annotations[0]?.message).toContain('this file is not in the workspace')
  })

  it('knows a pull request from a fork by its event', async () => {
    const event = {
      pull_request: { head: { repo: { full_name: 'x/shop' } }, base: { repo: { full_name: 'acme/shop' } } },
    }
    const { annotations } = await run({
      inputs: { required: 'TOKEN' },
      env: { TOKEN: '' },
      event,
      github: { event_name: 'pull_request' },
    })
    expect(annotations[0]?.message).toContain('pull request from a fork')
  })

  it('writes no value anywhere but in masks, which the runner keeps to itself', async () => {
    const values = {
      A: `${GOOD}\n`,
      B: `"${GOOD}"`,
      C: `changeme-${GOOD}`,
      D: `postgres://u:${GOOD}/x@db`,
      E: `{"a": ${GOOD}}`,
    }
    const { stdout, stderr, summary, outputs } = await run({
      inputs: {
        required: 'A: url\nB: hex\nC: jwt\nD: database-url\nE: json',
        secrets: JSON.stringify(values),
        'report-path': 'leak.json',
      },
    })
    const said = stdout.replace(/^::add-mask::.*$/gm, '')
    const everything = [
      said,
      stderr,
      summary,
      JSON.stringify(outputs),
      readFileSync(join(workspace, 'leak.json'), 'utf8'),
    ]
    expect(everything.join('\n')).not.toContain(GOOD.slice(0, 8))
    expect(said).toContain('6 problems')
  })
})
