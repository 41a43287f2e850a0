import { type Environment, InputReader } from '@deploy-actions/core/runner/inputs'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import type { Secret } from '@deploy-actions/core/values/secret'
import { type EnvironmentRule, parseEnvironmentRule, unreachableBecause } from './environments.ts'
import type { FactOptions } from './event-facts.ts'
import { type Flavor, PLAIN_FLAVOR, withFlavorEntry } from './flavor.ts'
import { chooseImages, type ImageEntry, type ImageSet, parseImageEntry } from './image-entry.ts'
import { readList } from './list-input.ts'
import { POLICIES, type Policy } from './policy.ts'
import { describeEntry, type Entry } from './problems.ts'
import { readRegExp } from './regular-expression.ts'
import { parseTagEntry, type TagEntry } from './tag-entry.ts'
import { type Place, unexpandedProblem } from './unexpanded.ts'

export type CreatedRule = 'now' | 'commit' | 'source-date-epoch'

export interface Inputs {
  readonly context: 'workflow' | 'git'
  readonly policy: Policy | undefined
  /** A regular expression whose first group is the version in a Git tag, for the policy; '' for the whole Git tag. */
  readonly match: string
  /** Empty when there are none: then the policy's hold, or the usual ones. */
  readonly tags: readonly TagEntry[]
  readonly flavor: Flavor
  readonly images: readonly ImageEntry[]
  readonly labels: readonly Entry[]
  readonly annotations: readonly Entry[]
  readonly annotationLevels: readonly string[]
  readonly environments: readonly EnvironmentRule[]
  readonly separators: { readonly tags: string; readonly labels: string; readonly annotations: string }
  readonly bakeTarget: string
  readonly token: Secret | undefined
  readonly shaSource: FactOptions['shaSource']
  readonly shortShaLength: number
  readonly created: CreatedRule
  /** Undefined unless `created` asks for it. */
  readonly sourceDate: Date | undefined
  readonly deployTag: 'sha' | 'version'
  readonly defaultLabels: boolean
  readonly emptyLabels: boolean
  readonly exportEnv: boolean
  readonly failOnEmpty: boolean
  readonly strict: boolean
  /** What reads like a slip, and is none for sure. */
  readonly notices: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads the step's `with:`, and the variables that this action shares with docker/metadata-action. Throws one error with all problems. */
export function readInputs(env: Environment): Inputs {
  const reader = new InputReader(env)
  const tags = parseEach(reader, 'tags', entry => [parseTagEntry(entry)])
  const imageLines = readEntries(reader, 'images')
  const images = parseEach(reader, 'images', entry => parseImageEntry(entry, imageLines.length === 1))
  const imageSet = reader.check('images', () => chooseImages(images)) ?? NO_IMAGES
  const created = reader.choice('created', ['now', 'commit', 'source-date-epoch'])
  const labels = readEntries(reader, 'labels')
  const annotations = readEntries(reader, 'annotations')
  const inputs: Inputs = {
    context: reader.text('context') === '' ? 'workflow' : reader.choice('context', ['workflow', 'git']),
    policy: readPolicy(reader, tags),
    match: readMatch(reader),
    tags,
    flavor: readFlavor(reader),
    images: imageSet.images,
    labels,
    annotations,
    annotationLevels: (env['DOCKER_METADATA_ANNOTATIONS_LEVELS'] || 'manifest').split(','),
    environments: readEnvironments(reader),
    separators: {
      tags: reader.raw('sep-tags') || '\n',
      labels: reader.raw('sep-labels') || '\n',
      annotations: reader.raw('sep-annotations') || '\n',
    },
    bakeTarget: reader.text('bake-target') || 'docker-metadata-action',
    token: reader.secret('github-token'),
    shaSource: readShaSource(reader, env),
    shortShaLength: variable(reader, env, 'DOCKER_METADATA_SHORT_SHA_LENGTH', readLength),
    created,
    sourceDate: created === 'source-date-epoch' ? variable(reader, env, 'SOURCE_DATE_EPOCH', readEpoch) : undefined,
    deployTag: reader.choice('deploy-tag', ['sha', 'version']),
    defaultLabels: reader.boolean('default-labels'),
    emptyLabels: reader.boolean('empty-labels'),
    exportEnv: variable(reader, env, 'DOCKER_METADATA_SET_OUTPUT_ENV', readFlag) && reader.boolean('export-env'),
    failOnEmpty: reader.boolean('fail-on-empty'),
    strict: reader.boolean('strict'),
    notices: imageSet.notices,
    warnings: [
      ...lateComments('tags', tags),
      ...lateComments('images', imageLines),
      ...imageSet.warnings,
      ...unexpandedLabels('labels', labels),
      ...unexpandedLabels('annotations', annotations),
    ],
  }
  reader.finish()
  return inputs
}

const NO_IMAGES: ImageSet = { images: [], notices: [], warnings: [] }

function readEntries(reader: InputReader, name: string): Entry[] {
  return reader.check(name, () => readList(reader.raw(name))) ?? []
}

/** Reads each entry of a list; what is wrong is noted with its line, and the rest is read all the same. */
function parseEach<T>(reader: InputReader, name: string, parser: (entry: Entry) => T[]): T[] {
  return readEntries(reader, name).flatMap(entry => {
    try {
      refuseDash(entry)
      // The rules of tags look at each attribute by itself.
      if (name !== 'tags') refuseUnexpanded(entry, name === 'flavor' ? 'rule' : 'name')
      return parser(entry)
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      reader.problem(name, `${describeEntry(entry)} ${thrown.message}`)
      return []
    }
  })
}

function refuseDash({ text }: Entry): void {
  if (/^-\s/.test(text)) throw new InvalidValue('starts with a dash, as a list of YAML does; leave out the dash')
}

function refuseUnexpanded({ text }: Entry, place: Place): void {
  const problem = unexpandedProblem(text, place)
  if (problem !== undefined) throw new InvalidValue(problem)
}

/** A label can have any text, so it is only a warning there. */
function unexpandedLabels(name: string, entries: readonly Entry[]): string[] {
  return entries.flatMap(entry => {
    const problem = unexpandedProblem(entry.text, 'label')
    return problem === undefined ? [] : [`\`${name}\` ${describeEntry(entry)} ${problem}.`]
  })
}

function readFlavor(reader: InputReader): Flavor {
  let flavor = PLAIN_FLAVOR
  parseEach(reader, 'flavor', entry => {
    flavor = withFlavorEntry(flavor, entry)
    return []
  })
  return flavor
}

function readEnvironments(reader: InputReader): EnvironmentRule[] {
  const rules: EnvironmentRule[] = []
  parseEach(reader, 'environments', entry => {
    const rule = parseEnvironmentRule(entry)
    const reason = unreachableBecause(rule, rules)
    rules.push(rule)
    if (reason !== undefined) throw new InvalidValue(reason)
    return []
  })
  return rules
}

function readPolicy(reader: InputReader, tags: readonly TagEntry[]): Policy | undefined {
  if (reader.text('policy') === '') return undefined
  if (tags.length > 0)
    reader.problem('policy', 'is set, and `tags` too; a policy stands for lines of tags, so keep one of them')
  return reader.choice('policy', POLICIES)
}

function readMatch(reader: InputReader): string {
  const match = reader.text('match')
  if (match !== '' && reader.text('policy') === '')
    reader.problem(
      'match',
      'is set without `policy`; in a rule of `tags` it is an attribute: type=semver,…,match=shop/(.*)',
    )
  reader.check('match', () => {
    const groups = new RegExp(`${readRegExp('match', match).source}|`).exec('') ?? []
    if (match !== '' && groups.length < 2)
      throw new InvalidValue(`is "${match}"; put ( ) around the version: shop/(.*)`)
  })
  return match
}

function readShaSource(reader: InputReader, env: Environment): FactOptions['shaSource'] {
  const source = reader.choice('sha-source', ['auto', 'event', 'head'])
  return /true/i.test(env['DOCKER_METADATA_PR_HEAD_SHA'] ?? '') ? 'head' : source
}

/** Reads a variable of the step's `env:`. */
function variable<T>(reader: InputReader, env: Environment, name: string, parser: (text: string) => T): T {
  return reader.check(name, () => parser(env[name] ?? ''))
}

const SHORT_SHA_LENGTH = 7

function readLength(text: string): number {
  if (text === '') return SHORT_SHA_LENGTH
  const length = Number(text)
  if (!Number.isInteger(length) || length < 1)
    throw new InvalidValue(`is "${text}"; write how many characters a short commit id has, as 12`)
  return length
}

function readEpoch(text: string): Date {
  if (!/^\d+$/.test(text))
    throw new InvalidValue(
      `is "${text}"; \`created: source-date-epoch\` needs it in the step's env, in seconds since 1970`,
    )
  return new Date(Number(text) * 1_000)
}

/** In the spellings of Go, which the peer took over. */
function readFlag(text: string): boolean {
  if (/^(1|t|T|true|TRUE|True|)$/.test(text)) return true
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
  throw new InvalidValue(`is "${text}"; write true or false`)
}

function lateComments(name: string, entries: readonly Entry[]): string[] {
  return entries
    .filter(({ text }) => text.includes(' #'))
    .map(entry => `\`${name}\` ${describeEntry(entry)}: a # inside a line starts no comment; it is part of the entry.`)
}
