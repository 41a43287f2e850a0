import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import { acceptedTag } from './accepted-tag.ts'
import { describeEntry, type Problems } from './problems.ts'
import { readRegExp } from './regular-expression.ts'
import { resolveEntry } from './resolve.ts'
import type { TagEntry } from './tag-entry.ts'
import type { TagWorld } from './tag-world.ts'
import { unknownInEntry } from './unknown-names.ts'

/** What became of an entry. */
export interface EntryResult {
  readonly entry: TagEntry
  /** '' when it yielded none. */
  readonly tag: string
  /** Whether the tag names one release or commit, so that it never moves. */
  readonly isFixed: boolean
  readonly why: string
}

export interface TagSet {
  /** The first tag; '' when there is none. */
  readonly version: string
  /** All tags, each once, `latest` at the end. */
  readonly names: readonly string[]
  readonly hasLatest: boolean
  readonly results: readonly EntryResult[]
  readonly warnings: readonly string[]
}

/** Works out the entries in their order. What cannot be worked out goes to `problems`, each with its line. */
export function tagSet(entries: readonly TagEntry[], world: TagWorld, problems: Problems): TagSet {
  const results: EntryResult[] = []
  const warnings: string[] = []
  let latest: boolean | undefined
  for (const entry of entries) {
    const warn = (text: string) =>
      warnings.push(`\`tags\` ${describeEntry(entry)}: ${text.replace(/[?.]?$/, end => end || '.')}`)
    for (const oddity of entry.oddities) warn(oddity)
    const unknown = unknownInEntry(entry, world)
    if (unknown.length > 0) {
      problems.add('tags', entry, unknown.join('; '))
      continue
    }
    try {
      if (!isEnabled(entry, world)) {
        results.push({ entry, tag: '', isFixed: false, why: 'switched off by enable' })
        lint(entry, world).forEach(warn)
        continue
      }
      const resolution = resolveEntry(entry, world)
      if (resolution.kind === 'nothing') {
        results.push({ entry, tag: '', isFixed: false, why: resolution.why })
        if (resolution.isSurprise) warn(resolution.why)
        else lint(entry, world).forEach(warn)
        continue
      }
      const { tag, changes } = acceptedTag(resolution.text)
      for (const change of changes) warn(`${resolution.text} ${change}`)
      results.push({
        entry,
        tag,
        isFixed: resolution.isFixed,
        why: tag === '' ? `${resolution.text} ${changes.join()}` : resolution.why,
      })
      latest ??= resolution.latest
    } catch (thrown) {
      if (!(thrown instanceof InvalidValue)) throw thrown
      problems.add('tags', entry, thrown.message)
    }
  }
  const names = [...new Set(results.map(({ tag }) => tag).filter(tag => tag !== ''))]
  const [version = ''] = names
  if (version === '' || latest !== true) return { version, names, hasLatest: false, results, warnings }
  const text = latestText(world)
  const { tag, changes } = acceptedTag(text)
  for (const change of changes) warnings.push(`\`flavor\`: ${text} ${change}.`)
  return {
    version,
    names: [...new Set([...names, tag])].filter(name => name !== ''),
    hasLatest: tag !== '',
    results,
    warnings,
  }
}

export function isEnabled({ enable }: TagEntry, { engine, expressions }: TagWorld): boolean {
  const text = engine.compile(enable)(expressions)
  if (text === 'true') return true
  if (text === 'false') return false
  const filled = text === enable ? '' : `, which comes to "${text}"`
  throw new InvalidValue(`has enable=${enable}${filled}; it must come to true or false`)
}

function latestText({ flavor, engine, expressions }: TagWorld): string {
  const affix = (template: string, applies: boolean) => (applies ? engine.compile(template)(expressions) : '')
  return `${affix(flavor.prefix, flavor.prefixLatest)}latest${affix(flavor.suffix, flavor.suffixLatest)}`
}

/** What is wrong with an entry that this run did not come to: no failure today, and one on the day that it does. */
function lint(entry: TagEntry, { engine }: TagWorld): string[] {
  const templates = Object.entries(entry).filter(([key, value]) => TEMPLATES.includes(key) && typeof value === 'string')
  const patterns = entry.type === 'match' ? [] : 'pattern' in entry ? [['pattern', entry.pattern] as const] : []
  const templateProblems = [...templates, ...patterns].flatMap(([key, text]) => {
    const problem = engine.problem(String(text))
    return problem === undefined ? [] : [`its ${key} ${problem}`]
  })
  return [...templateProblems, ...regExpProblems(entry)]
}

const TEMPLATES = ['value', 'prefix', 'suffix']

function regExpProblems(entry: TagEntry): string[] {
  try {
    if (entry.type === 'match') readRegExp('pattern', entry.pattern, { mayHaveFlags: true })
    if ('match' in entry) readRegExp('match', entry.match)
    return []
  } catch (thrown) {
    if (thrown instanceof InvalidValue) return [thrown.message]
    throw thrown
  }
}
