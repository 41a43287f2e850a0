import { quoteCommand } from '@deploy-actions/core/host/quote'
import { printableUrl } from '@deploy-actions/core/http/printable-url'
import { nearestName } from '@deploy-actions/core/values/nearest'
import { redact } from '@deploy-actions/core/values/secret'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Tree } from '@deploy-actions/core/yaml/tree'
import type { Check, Kind, Retry, Subject, Vantage } from '../check.ts'
import type { Defaults, Inputs } from '../inputs.ts'
import { vantageProblem } from '../vantage.ts'
import { CHECK, CHECK_HINTS, type COMMON, KIND_NAMES } from './check-shape.ts'
import { readExpect } from './expect.ts'
import { DEFAULT_BYTES } from './http.ts'
import { PRESET_NAMES, type PresetName } from './preset-shapes.ts'
import { expandPreset } from './presets.ts'
import { entryOf, mapOf, type Values } from './reader.ts'
import type { Reading } from './reading.ts'
import { treeOf } from './synthetic.ts'

export interface Settings {
  readonly inputs: Pick<Inputs, 'defaults' | 'connection'>
  /** The file's own `defaults`. */
  readonly common: Values<typeof COMMON>
}

/** A check that was read, and what only matters among several. */
export interface ReadCheck {
  readonly check: Check
  readonly needs: readonly string[]
  readonly needsAt: Position
  readonly target: string
  /** Its name is the team's own, and not made of its target. */
  readonly isNamed: boolean
}

const map = mapOf(CHECK, { hints: CHECK_HINTS })

/** Reads one item of a list of checks; undefined when it cannot be read. */
export function readCheck(written: Tree, reading: Reading, settings: Settings): ReadCheck | undefined {
  const expanded = expandPreset(longForm(written, reading), reading)
  if (expanded === undefined) return undefined
  const { item, preset, isAtHome } = expanded
  const values = map.read(item, reading)
  const kind = kindOf(item, reading)
  if (values === undefined || kind === undefined) return undefined
  const expectations = readExpect(values.expect, kind, reading)
  const subject = withBytes(values[kind], expectations)
  const from = vantageOf(item, values, reading, settings)
  if (subject === undefined || from === undefined) return undefined
  if (isAtHome && from.kind === 'runner') {
    reading.wrong(
      written,
      'where is the database? write `service:` with its Compose service, or `host` beside `engine`',
    )
  }
  const problem = vantageProblem(subject, from)
  if (problem !== undefined) reading.wrong(written, `this check ${problem}`)
  const timeout = values.timeout ?? settings.common.timeout ?? settings.inputs.defaults.timeout
  const { secrets } = reading
  const target = redact(targetOf(subject), secrets)
  const check: Check = {
    name: values.name === undefined ? nameOf(preset, target, from) : redact(values.name, secrets),
    group: values.group ?? settings.common.group,
    at: written.at,
    from,
    subject,
    expectations,
    timeout,
    retry: retryOf(item, values, subject, reading, settings),
    severity: values.severity ?? settings.common.severity ?? 'error',
    captures: [...(values.capture ?? new Map()).values()],
    secrets,
  }
  const needsAt = entryOf(item, 'needs')?.value.at ?? written.at
  const isNamed = values.name !== undefined
  return { check, needs: values.needs ?? [], needsAt, target: `${target}${placeOf(from, settings)}`, isNamed }
}

/** `https://…`, `tcp://host:port` and `tls://host` alone are checks too. */
function longForm(written: Tree, reading: Reading): Tree {
  if (written.kind !== 'scalar') return written
  const scheme = /^(tcp|tls):\/\//i.exec(written.text)?.[1]?.toLowerCase() ?? 'http'
  if (scheme === 'http' && !/^https?:|\$\{/i.test(written.text)) {
    reading.wrong(written, shortFormHint(written.text))
  }
  return treeOf({ [scheme]: written }, written.at)
}

/** What is almost a URL gets the one thing that it lacks. */
export function shortFormHint(text: string): string {
  const url = /^["'](.*)["']$/.exec(text.trim())?.[1] ?? text.trim()
  if (/^(https?|tcp|tls):/i.test(url)) return 'leave out the quotes'
  if (/^curl\s/.test(url)) return 'write the URL alone, or `command:` with this line'
  if (/^[\w-]+(\.[\w-]+)*(:\d+)?(\/\S*)?$/.test(url) && /[.:/]/.test(url))
    return `write https:// (or http://) in front: https://${url}`
  return 'write a URL, or a map with http, tcp, tls, dns, command or a preset'
}

function kindOf(item: Tree, reading: Reading): Kind | undefined {
  const [kind, second] = KIND_NAMES.filter(name => entryOf(item, name))
  if (item.kind !== 'map') return undefined
  if (kind === undefined) {
    // A mistyped kind is told as an unknown key.
    if (item.entries.some(({ key }) => nearestName(key, KIND_NAMES) !== undefined)) return undefined
    return reading.wrong(item, `a check needs one of ${[...KIND_NAMES, ...PRESET_NAMES].join(', ')}`)
  }
  const more = second && entryOf(item, second)
  if (more) reading.mistakes.add(more.at, `this check is of the kind ${kind} already; a check has one kind`)
  return kind
}

/** A larger body is read where one is allowed: it takes a byte more to see that a limit is passed. */
function withBytes(subject: Subject | undefined, expectations: Check['expectations']): Subject | undefined {
  if (subject?.kind !== 'http') return subject
  const limits = expectations.flatMap(expectation => (expectation.kind === 'max-size' ? [expectation.bytes] : []))
  return { ...subject, maxBytes: limits.length === 0 ? DEFAULT_BYTES : Math.max(...limits) }
}

function vantageOf(
  item: Tree,
  values: Values<typeof CHECK>,
  reading: Reading,
  { inputs, common }: Settings,
): Vantage | undefined {
  const { defaults, connection } = inputs
  const own = values.through ?? (values.service === undefined ? undefined : 'container')
  const through = own ?? common.through ?? (common.service === undefined ? defaults.through : 'container')
  const place = entryOf(item, 'service') ?? entryOf(item, 'through')
  const node = place?.value ?? item
  if (values.service !== undefined && through !== 'container') {
    return reading.wrong(node, `\`service\` is for \`through: container\`, not for ${through}`)
  }
  if (through === 'runner') return { kind: 'runner' }
  if (connection === undefined) {
    return reading.wrong(
      node,
      `a check through ${through === 'ssh' ? 'SSH' : 'a container'} needs the server: the inputs \`host\`, \`user\`, \`key\`, and \`known-hosts\` or \`fingerprint\``,
    )
  }
  if (through === 'ssh') return { kind: 'server' }
  const service = values.service ?? common.service ?? defaults.service
  return service === undefined
    ? reading.wrong(node, 'which container? write `service:` with the name of a Compose service')
    : { kind: 'container', service }
}

/** A request that may change something is made once, unless the check itself says more. */
function retryOf(
  item: Tree,
  values: Values<typeof CHECK>,
  subject: Subject,
  reading: Reading,
  { inputs, common }: Settings,
): Retry {
  const defaults = defaultsFor(subject, inputs.defaults, common)
  const own = values.retry ?? {}
  const retry: Retry = {
    attempts: own.attempts ?? defaults.attempts,
    initialDelay: own['initial-delay'] ?? common.retry?.['initial-delay'] ?? 0,
    interval: own.interval ?? common.retry?.interval ?? inputs.defaults.interval,
    backoff: own.backoff ?? common.retry?.backoff ?? inputs.defaults.backoff,
    maxInterval: own['max-interval'] ?? common.retry?.['max-interval'] ?? inputs.defaults.maxInterval,
    jitter: own.jitter ?? common.retry?.jitter ?? 0.1,
    deadline: own.deadline ?? common.retry?.deadline ?? inputs.defaults.deadline,
    successThreshold: own['success-threshold'] ?? defaults.successThreshold,
    fatalOn: own['fatal-on'] ?? common.retry?.['fatal-on'] ?? [],
  }
  if (retry.successThreshold > retry.attempts) {
    const place = entryOf(item, 'retry')?.value ?? item
    reading.wrong(
      place,
      `${retry.successThreshold} good attempts in a row cannot come of ${retry.attempts}: raise \`attempts\``,
    )
  }
  // The pause is never longer than its limit; who sets a long one means it.
  return retry.interval > retry.maxInterval ? { ...retry, maxInterval: retry.interval } : retry
}

function defaultsFor(subject: Subject, defaults: Defaults, common: Values<typeof COMMON>) {
  if (subject.kind === 'http' && !/^(GET|HEAD|OPTIONS)$/.test(subject.method))
    return { attempts: 1, successThreshold: 1 }
  return {
    attempts: common.retry?.attempts ?? defaults.attempts,
    successThreshold: common.retry?.['success-threshold'] ?? defaults.successThreshold,
  }
}

/** What is asked, without secrets. */
function targetOf(subject: Subject): string {
  switch (subject.kind) {
    case 'http':
      return `${subject.method} ${printableUrl(subject.url)}`
    case 'tcp':
    case 'tls':
      return `${subject.kind} ${subject.host.includes(':') ? `[${subject.host}]` : subject.host}:${subject.port}`
    case 'dns':
      return `DNS ${subject.type} ${subject.name}${subject.server === undefined ? '' : ` at ${subject.server}`}`
    case 'command': {
      const [program, , line] = subject.argv
      const text =
        program === 'sh' && line !== undefined ? line.trim() : quoteCommand(subject.argv).replace(/^'([^']*)'/, '$1')
      const [first = ''] = text.split('\n')
      return first.length < text.length || first.length > LONGEST ? `${first.slice(0, LONGEST - 1)}…` : first
    }
    default: {
      const never: never = subject
      return never
    }
  }
}

const LONGEST = 100

function nameOf(preset: PresetName | undefined, target: string, from: Vantage): string {
  const plain = target.replace(/^GET /, '')
  const place = from.kind === 'container' ? ` in ${from.service}` : ''
  return preset === undefined ? `${plain}${place}` : `${preset}: ${plain}${place}`
}

function placeOf(from: Vantage, { inputs }: Settings): string {
  if (from.kind === 'runner') return ''
  const server = inputs.connection?.server
  const name = server === undefined || server === 'local' ? 'this machine' : `${server.user}@${server.host}`
  return from.kind === 'server' ? ` from ${name}` : ` in ${from.service} on ${name}`
}
