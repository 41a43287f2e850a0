import { InputReader } from '@deploy-actions/core/runner/inputs'
import { RecordingLog } from '@deploy-actions/testkit/recording-log'
import { readInputs } from '../src/inputs.ts'
import { publish, type Sink, unexpected } from '../src/publish.ts'
import { type RemoteOutcome, run, type World } from '../src/run.ts'
import { readRunFacts } from '../src/run-facts.ts'
import { NOW } from './judging.ts'

export interface Told {
  readonly log: string
  readonly annotations: readonly { level: string; title: string; text: string; place?: object }[]
  readonly summary: string
  readonly report: string
  readonly outputs: Readonly<Record<string, string>>
  readonly failure: { readonly title: string; readonly message: string; readonly next: string } | undefined
  readonly masks: readonly string[]
  /** All of it but the masks, which go to the runner alone. */
  readonly everything: string
}

export interface Given {
  readonly inputs: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly github?: Readonly<Record<string, string>>
  readonly payload?: unknown
  /** The text of the file of `rules-file`; without it, the workspace has no such file. */
  readonly file?: string
  readonly now?: number
  readonly checkRemotely?: World['checkRemotely']
}

const DEFAULTS = { 'on-problem': 'fail', 'remote-checks': 'false', 'connect-timeout': '5s' }
const GITHUB = {
  GITHUB_REPOSITORY: 'acme/web-shop',
  GITHUB_REF_NAME: 'main',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_ACTOR: 'jo',
}

/** Runs the action from its inputs to what it writes, without a process. */
export async function runAction(given: Given): Promise<Told> {
  const inputs = Object.entries({ ...DEFAULTS, ...given.inputs }).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ])
  const env: Record<string, string> = { ...GITHUB, ...given.github, ...given.env, ...Object.fromEntries(inputs) }
  const log = new RecordingLog()
  const annotations: { level: string; title: string; text: string; place?: object }[] = []
  const masks: string[] = []
  let [summary, report, outputs] = ['', '', {} as Readonly<Record<string, string>>]
  const sink: Sink = {
    log,
    annotate: annotation => annotations.push(annotation),
    summary: async markdown => {
      summary += markdown
    },
    report: async (_, json) => {
      report = json
    },
    outputs: values => {
      outputs = values
    },
  }
  const world: World = {
    env,
    now: given.now ?? NOW,
    facts: readRunFacts(env, given.payload),
    readFile: async () => given.file,
    mask: texts => masks.push(...texts),
    checkRemotely: given.checkRemotely ?? (async (): Promise<RemoteOutcome> => ({ results: [], problems: [] })),
  }
  let failure: Told['failure']
  try {
    await publish(await run(readInputs(new InputReader(env)), world), sink)
  } catch (thrown) {
    const { title, message, next } = unexpected(thrown)
    failure = { title, message, next: next ?? '' }
  }
  const everything = [
    log.text,
    JSON.stringify(annotations),
    summary,
    report,
    JSON.stringify(outputs),
    JSON.stringify(failure ?? {}),
  ].join('\n')
  return { log: log.text, annotations, summary, report, outputs, failure, masks, everything }
}
