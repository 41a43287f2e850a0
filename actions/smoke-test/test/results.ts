import type { Annotation } from '@deploy-actions/core/runner/annotation'
import { type ActionError, messageOf } from '@deploy-actions/core/values/action-error'
import type { Secret } from '@deploy-actions/core/values/secret'
import fc from 'fast-check'
import { type Publication, publish, type Sink } from '../src/publish.ts'
import type { AttemptResult, CheckResult, RunResult } from '../src/result.ts'

const FILE = { source: 'smoke.yml', isFile: true, line: 4, column: 5 }

export const good = (number = 1): AttemptResult => ({
  number,
  ok: true,
  reasons: [],
  excerpt: undefined,
  durationMs: 12,
})

export const bad = (number = 1, reason = 'the status was 502, not 2xx', excerpt?: string): AttemptResult => ({
  number,
  ok: false,
  reasons: [reason],
  excerpt,
  durationMs: 30,
})

/** A check that passed at once, but for what is said of it. */
export function check(parts: Partial<CheckResult> = {}): CheckResult {
  return {
    name: 'shop',
    group: undefined,
    kind: 'http',
    target: 'GET https://shop.example.org/health',
    at: FILE,
    severity: 'error',
    outcome: 'passed',
    reason: undefined,
    attempts: [good()],
    startedMs: 0,
    durationMs: 12,
    ...parts,
  }
}

export function failing(parts: Partial<CheckResult> = {}): CheckResult {
  const reason = 'the status was 502, not 2xx'
  return check({ outcome: 'failed', reason, attempts: [bad(1), bad(2), bad(3)], durationMs: 4_200, ...parts })
}

export const runOf = (...checks: readonly CheckResult[]): RunResult => ({ checks, durationMs: 4_300 })

/** What was written where. */
export interface Told {
  readonly lines: readonly string[]
  readonly warnings: readonly string[]
  readonly annotations: readonly Annotation[]
  readonly summary: string
  readonly files: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  readonly failure: ActionError | undefined
}

/** Publishes as main does; what the sink is given is kept. */
export async function tell(
  result: RunResult,
  more: Partial<Publication> & { readonly secrets?: readonly Secret[]; readonly sink?: Partial<Sink> } = {},
): Promise<Told> {
  const told = {
    lines: [] as string[],
    warnings: [] as string[],
    annotations: [] as Annotation[],
    summary: '',
    files: {} as Record<string, string>,
    outputs: {} as Record<string, string>,
    failure: undefined as ActionError | undefined,
  }
  const sink: Sink = {
    log: {
      info: text => void told.lines.push(text),
      notice: text => void told.lines.push(text),
      warning: text => void told.warnings.push(text),
      debug: () => {},
      group: (title, lines) => void told.lines.push(`▸ ${title}`, ...lines.map(line => `  ${line}`)),
    },
    annotate: annotation => void told.annotations.push(annotation),
    summary: async markdown => {
      told.summary += markdown
    },
    file: async (path, text) => {
      told.files[path] = text
    },
    outputs: outputs => Object.assign(told.outputs, outputs),
    ...more.sink,
  }
  const publication = { secrets: [], reportPath: 'report.json', junitPath: 'junit.xml', ...more }
  try {
    await publish({ ...publication, result, startedAt: Date.UTC(2026, 2, 1, 9, 30) }, sink)
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('next' in thrown)) throw new Error(messageOf(thrown))
    told.failure = thrown as ActionError
  }
  return told
}

const PIECES = [
  '\u0000',
  '\u001b[31m',
  ']]>',
  '<b>',
  '&amp;',
  '"',
  "'",
  '\r',
  '\n',
  '\ud800',
  '\udfff',
  '\ufffe',
  '\uffff',
]
const MARKUP = [
  '|',
  '`',
  '```',
  '[x](http://evil.example)',
  '</details>',
  '@octocat',
  '::error::x',
  '##[error]x',
  '\u2028',
]

/** What a server may answer: every letter that there is, and much that formats know. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...PIECES, ...MARKUP), fc.string()), { maxLength: 6 })
  .map(parts => parts.join(''))

const anyTry: fc.Arbitrary<AttemptResult> = fc.record({
  number: fc.integer({ min: 1, max: 50 }),
  ok: fc.boolean(),
  reasons: fc.array(anyText, { maxLength: 2 }),
  advice: fc.array(anyText, { maxLength: 2 }),
  excerpt: fc.option(anyText, { nil: undefined }),
  durationMs: fc.double({ min: 0, max: 90_000, noNaN: true }),
})

const anyCheck: fc.Arbitrary<CheckResult> = fc
  .record({
    name: anyText,
    group: fc.option(anyText, { nil: undefined }),
    kind: fc.constantFrom('http', 'tcp', 'tls', 'dns', 'command'),
    target: anyText,
    at: fc.record({
      source: anyText,
      isFile: fc.boolean(),
      line: fc.integer({ min: 1, max: 99 }),
      column: fc.integer({ min: 1, max: 9 }),
    }),
    severity: fc.constantFrom('error', 'warning'),
    outcome: fc.constantFrom('passed', 'failed', 'skipped'),
    text: anyText,
    attempts: fc.array(anyTry, { maxLength: 5 }),
    startedMs: fc.double({ min: 0, max: 9_000, noNaN: true }),
    durationMs: fc.double({ min: 0, max: 90_000, noNaN: true }),
  })
  .map(({ text, ...rest }) => ({ ...rest, reason: rest.outcome === 'passed' ? undefined : text }))

export const anyRun: fc.Arbitrary<RunResult> = fc.record({
  checks: fc.array(anyCheck, { minLength: 1, maxLength: 6 }),
  durationMs: fc.double({ min: 0, max: 90_000, noNaN: true }),
})
