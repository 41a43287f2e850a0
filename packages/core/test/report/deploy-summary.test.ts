import {
  type DeployFacts,
  deploySummary,
  MOST_BYTES,
  type TargetFacts,
} from '@deploy-actions/core/report/deploy-summary'
import { bytesOf } from '@deploy-actions/core/report/fitting'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Tokens } from 'marked'
import { blocksOf, hostile, kindsIn } from './hostile.ts'

const same = (text: string) => text
const DIGEST = `ghcr.io/acme/shop@sha256:${'ab'.repeat(32)}`

const target = (over: Partial<TargetFacts> = {}): TargetFacts => ({
  name: 'deploy@shop.example.org',
  result: '↩️ rolled-back',
  runsNow: '20261129-aaaaaaa (v1.2.2)',
  ranBefore: '20261129-aaaaaaa (v1.2.2)',
  failedRelease: '20261130-bbbbbbb (v1.2.3)',
  ...over,
})

const facts = (over: Partial<DeployFacts> = {}): DeployFacts => ({
  sign: '↩️',
  headline: 'Rolled back to v1.2.2: api is unhealthy',
  targets: [target()],
  commit: { sha: 'b'.repeat(40), url: 'https://github.com/acme/shop/commit/bbb', subject: 'Release v1.2.3 (#7)' },
  failure: { message: 'api is unhealthy: smtp.internal:25 refuses connections.', next: 'Check `SMTP_HOST`.' },
  evidence: [{ title: 'Last lines of api', lines: ['connect ECONNREFUSED'] }],
  details: { title: 'Plan', lines: ['recreate api'] },
  services: [{ name: 'api', image: 'ghcr.io/acme/shop:v1.2.2', digest: DIGEST, imageId: `sha256:${'cd'.repeat(32)}` }],
  phases: [
    { name: 'Pull', start: 1_000, end: 3_000, ok: true },
    { name: 'Start', start: 3_000, end: 13_000, ok: false },
    { name: 'Roll back', start: 13_000, end: 20_000, ok: true },
  ],
  ...over,
})

const rowsOf = (markdown: string) => markdown.split('\n').filter(line => line.startsWith('|'))

describe('deploySummary', () => {
  it('says what happened to which commit, why, what to do next and what runs, then folds the rest', () => {
    expect(deploySummary(facts(), same)).toBe(`### ↩️ Rolled back to v1.2.2: api is unhealthy

Commit [bbbbbbb](https://github.com/acme/shop/commit/bbb): Release v1.2.3 (#​7)

> api is unhealthy: smtp.internal:25 refuses connections.
>
> **Next:** Check &#96;SMTP&#95;HOST&#96;.

| Server | Result | Runs now | Ran before | Failed release | Duration |
| --- | --- | --- | --- | --- | --- |
| deploy@shop.example.org | ↩️ rolled-back | 20261129-aaaaaaa (v1.2.2) | 20261129-aaaaaaa (v1.2.2) | 20261130-bbbbbbb (v1.2.3) | 19 s |

<details><summary>Last lines of api</summary>

\`\`\`text
connect ECONNREFUSED
\`\`\`

</details>

<details><summary>Plan</summary>

\`\`\`text
recreate api
\`\`\`

</details>

<details><summary>Services (1)</summary>

| Service | Image | Pinned to |
| --- | --- | --- |
| api | ghcr.io/acme/shop:v1.2.2 | sha256:abababababab… |

</details>

<details><summary>Phases (19 s)</summary>

\`\`\`mermaid
gantt
    title Duration of each phase
    dateFormat x
    axisFormat %s s
    ✓ Pull :done, 0, 2000
    ✗ Start :crit, 2000, 12000
    ✓ Roll back :done, 12000, 19000
\`\`\`

</details>
`)
  })

  it('is short where there is little to report', () => {
    const { sign, headline } = facts()
    expect(deploySummary({ sign, headline, targets: [] }, same)).toBe(`### ${sign} ${headline}\n`)
  })

  it('names what still runs when the run ended before it changed anything', () => {
    const unchanged = target({ result: '❌ failed', isUnchanged: true, failedRelease: undefined })
    const summary = deploySummary(facts({ targets: [unchanged], phases: [] }), same)
    expect(rowsOf(summary)[0]).toBe('| Server | Result | Runs now | Ran before |')
    expect(rowsOf(summary)[2]).toContain('| 20261129-aaaaaaa (v1.2.2) (unchanged) |')
  })

  it('shows the columns that any target has something for', () => {
    const targets = [
      target({
        name: 'api',
        failedRelease: undefined,
        deployment: { text: 'finished', url: 'https://coolify.example/d/1' },
      }),
      target({ name: 'web', url: 'https://shop.example.org', runsNow: undefined }),
    ]
    const summary = deploySummary(facts({ kind: 'Resource', targets }), same)
    expect(rowsOf(summary).slice(0, 4)).toEqual([
      '| Resource | Result | Runs now | Ran before | Failed release | Deployment |',
      '| --- | --- | --- | --- | --- | --- |',
      '| api | ↩️ rolled-back | 20261129-aaaaaaa (v1.2.2) | 20261129-aaaaaaa (v1.2.2) | - | [finished](https://coolify.example/d/1) |',
      '| [web](https://shop.example.org/) | ↩️ rolled-back | - | 20261129-aaaaaaa (v1.2.2) | 20261130-bbbbbbb (v1.2.3) | - |',
    ])
    expect(summary).toContain(' · Duration 19 s')
  })

  it('names services that left, and links what can be seen without its login and query', () => {
    const services = [{ name: 'cache', image: 'redis:7', change: 'removed' }]
    const summary = deploySummary(facts({ services, url: 'https://ada:pw@shop.example.org/health?key=k' }), same)
    expect(rowsOf(summary).at(-1)).toBe('| cache | redis:7 | - | removed |')
    expect(summary).toContain('[https://shop.example.org/health](https://shop.example.org/health)')
    expect(summary).not.toMatch(/ada|pw|key=/)
  })

  it('shows secrets in no place, not even where a cut goes through them', () => {
    const secret = 's3cret_value'
    const clean = (text: string) => text.replaceAll(secret, '***')
    const dirty = (text: string) => text.padStart(292, 'x') + secret
    const summary = deploySummary(
      facts({
        headline: dirty(''),
        commit: { sha: 'b'.repeat(40), subject: dirty('').slice(180) },
        targets: [
          target({
            name: secret,
            runsNow: dirty('').slice(100),
            deployment: { text: secret, url: `https://x/${secret}` },
          }),
        ],
        failure: { message: `a\u200b${secret}`, next: 's3\u200bcret_value' },
        notes: [secret],
        evidence: [{ title: secret, lines: [secret] }],
        details: { title: secret, lines: [secret] },
        services: [{ name: secret, image: secret }],
        phases: [{ name: secret, start: 0, end: 5_000, ok: true }],
        url: `https://shop.example.org/${secret}`,
      }),
      clean,
    )
    expect(summary).not.toMatch(/s3cret|&#95;value|value/)
  })
})

describe('a version, a log or an image tag', () => {
  it('gives no Markdown and no HTML', () => {
    const evil =
      '1.0\n# Deployed\n\n![x](https://evil.example/x.png) <img src=x onerror=y> </details> | [click](javascript:z) `x`'
    const summary = deploySummary(
      facts({
        headline: `Deployed ${evil}`,
        commit: { sha: evil, subject: evil },
        targets: [target({ name: evil, runsNow: evil, ranBefore: evil, failedRelease: evil })],
        failure: { message: evil, next: evil },
        notes: [evil],
        evidence: [{ title: evil, lines: ['```', '</details>', evil, '````'] }],
        services: [{ name: evil, image: evil, digest: evil }],
        phases: [{ name: evil, start: 0, end: 5_000, ok: false }],
      }),
      same,
    )
    const blocks = blocksOf(summary)
    expect(blocks.map(({ type }) => type)).toEqual([
      ...['heading', 'paragraph', 'blockquote', 'blockquote', 'table'],
      ...['html', 'code', 'html', 'html', 'code', 'html', 'html', 'table', 'html', 'html', 'code', 'html'],
    ])
    expect((blocks[5] as Tokens.HTML).raw.match(/<\/?\w+/g)).toEqual(['<details', '<summary', '</summary'])
    const prose = blocks.filter(({ type }) => type !== 'code').map(({ raw }) => raw)
    expect(prose.join('\n')).not.toMatch(/<img|\]\((?!https:\/\/github)|!\[|`/)
  })

  it('never does, whatever it holds', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (one, two, three) => {
        const summary = deploySummary(
          {
            sign: '❌',
            headline: one,
            commit: { sha: 'b'.repeat(40), subject: three },
            targets: [
              target({ name: two, runsNow: three, result: one }),
              target({ name: one, url: two, runsNow: two }),
            ],
            failure: { message: three, next: two },
            notes: [one],
            evidence: [{ title: three, lines: [one, two, 'x'] }],
            services: [{ name: three, image: one, digest: two }],
            phases: [{ name: two, start: 0, end: 5_000, ok: true }],
          },
          same,
        )
        const blocks = blocksOf(summary).filter(({ type }) => type !== 'blockquote')
        const folds = ['html', 'code', 'html', 'html', 'table', 'html', 'html', 'code', 'html']
        const order = ['heading', 'paragraph', 'table', ...folds]
        expect(blocks.map(({ type }) => type)).toEqual(order)
        const kinds = kindsIn(blocks.filter(({ type }) => type === 'heading' || type === 'table'))
        expect([...kinds].filter(kind => !['heading', 'table', 'text'].includes(kind))).toEqual([])
      }),
    )
  })
})

describe('a summary of much', () => {
  const REASON = 'api is unhealthy: smtp.internal:25 refuses connections'

  it('stays small with three unhealthy services that log 16 kB a line, and has the reason', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `${index} ${'x'.repeat(16_000)}`)
    const evidence = ['api', 'web', 'worker'].map(name => ({ title: `Last lines of ${name}`, lines }))
    const summary = deploySummary(facts({ evidence, failure: { message: REASON, next: 'Check it.' } }), same)
    expect(bytesOf(summary)).toBeLessThan(MOST_BYTES)
    expect(summary).toContain(`> ${REASON}\n>\n> **Next:** Check it.`)
    for (const { title } of evidence) expect(summary).toContain(`<summary>${title}</summary>`)
    expect(summary.match(/^29 x+…$/gm)).toHaveLength(3)
  })

  it.each(['x', '`', '世', '\ud83d\ude80', '_<', 'a\n  b\n', '\n'])('stays small when all of it is %j', unit => {
    const big = unit.repeat(3_000)
    const many = <T>(one: T) => Array.from({ length: 200 }, () => one)
    const summary = deploySummary(
      facts({
        headline: big,
        url: `https://shop.example.org/${big}`,
        targets: many(target({ name: big, runsNow: big, ranBefore: big, failedRelease: big, url: `https://x/${big}` })),
        failure: { message: `${REASON}\n${many(big).slice(0, 40).join('\n')}`, next: `Check it.\n${big}` },
        notes: many(big).slice(0, 50),
        evidence: many({ title: big, lines: [big, big, big] }).slice(0, 50),
        details: { title: big, lines: many(big).slice(0, 40) },
        services: many({ name: big, image: big, digest: big, change: big }),
        phases: many({ name: big, start: 0, end: 5_000, ok: true }),
      }),
      same,
    )
    expect(bytesOf(summary)).toBeLessThan(MOST_BYTES)
    // A whole summary in a failed expectation would be much to read.
    const lines = new Set(summary.split('\n').map(line => line.replace(/<br>$/, '')))
    expect([lines.has(`> ${REASON}`), lines.has('> **Next:** Check it.')]).toEqual([true, true])
  })

  it('has no chart of a run that took a moment', () => {
    const phases = (end: number) => [{ name: 'Pull', start: 0, end, ok: true }]
    expect(deploySummary(facts({ phases: phases(2_999) }), same)).not.toContain('mermaid')
    expect(deploySummary(facts({ phases: phases(3_000) }), same)).toContain('mermaid')
  })

  it('has the failed phases in its chart when there are too many for it', () => {
    const phases = Array.from({ length: 60 }, (_, index) => ({
      name: `Phase ${index}`,
      start: index * 100,
      end: index * 100 + 100,
      ok: index !== 55,
    }))
    const summary = deploySummary(facts({ phases }), same)
    expect(summary).toContain('✗ Phase 55 :crit, 5500, 5600')
    expect(summary.match(/ :(?:done|crit), /g)).toHaveLength(40)
  })
})
