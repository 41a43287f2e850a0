import { shortSha } from '@deploy-actions/core/values/commit-sha'
import { mergeQueuePull } from '@deploy-actions/core/values/git-ref'
import parseSemver from 'semver/functions/parse.js'
import { dateExpressions, pullNumber } from './expressions.ts'
import { readRegExp } from './regular-expression.ts'
import type { TagEntry } from './tag-entry.ts'
import {
  nothing,
  type Resolution,
  surprise,
  type TagWorld,
  type TextResolution,
  takesLatest,
  versionSource,
} from './tag-world.ts'
import { isHighestVersion, resolveVersion } from './version-tag.ts'

/** What an entry comes to in this run, with its prefix and suffix. Throws InvalidValue when it cannot be worked out. */
export function resolveEntry(entry: TagEntry, world: TagWorld): Resolution {
  const resolution = bareResolution(entry, world)
  if (resolution.kind === 'nothing') return resolution
  const text = affixed(entry, resolution.text, world)
  if (text === '') return nothing(`${resolution.why}: it is empty`)
  return { ...resolution, text, isFixed: resolution.isFixed || namesRun(entry, text, world) }
}

/** Whether a text holds what the run of another commit does not. Run numbers are short, so they count only where the rule names them. */
function namesRun({ text: rule }: TagEntry, text: string, { facts, moments }: TagWorld): boolean {
  const sha = shortSha(facts.sha, moments.shortShaLength)
  const names = (expression: string, value: string) => value !== '' && new RegExp(`{{{?\\s*${expression}\\b`).test(rule)
  return (sha !== '' && text.includes(sha)) || names('run_number', facts.runNumber) || names('run_id', facts.runId)
}

/** An entry's own prefix or suffix takes the flavor's place. */
function affixed(entry: TagEntry, text: string, { flavor, engine, expressions }: TagWorld): string {
  const fill = (template: string) => engine.compile(template)(expressions)
  return `${fill(entry.prefix ?? flavor.prefix)}${text}${fill(entry.suffix ?? flavor.suffix)}`
}

function bareResolution(entry: TagEntry, world: TagWorld): Resolution {
  switch (entry.type) {
    case 'schedule':
      return resolveSchedule(entry.pattern, world)
    case 'semver':
    case 'pep440':
      return resolveVersion(entry, world)
    case 'match':
      return resolveMatch(entry, world)
    case 'edge':
      return resolveEdge(entry.branch, world)
    case 'ref':
      return resolveRef(entry, world)
    case 'raw':
      return plain(world.engine.compile(entry.value)(world.expressions), 'as written', world)
    case 'sha':
      return resolveSha(entry.format, world)
  }
}

/** A tag of a kind that does not bring `latest` along by itself. */
function plain(text: string, why: string, world: TagWorld): TextResolution {
  return { kind: 'text', text, latest: takesLatest(world, false, false), isFixed: parseSemver(text) !== null, why }
}

/** A Git tag stays where it is, but for words such as `nightly` and for `v1` and `v1.2`, which follow the newest version. */
function isFixedGitTag(name: string): boolean {
  return /\d/.test(name) && !/(?:^|[/@])v?\d+(\.\d+)?$/i.test(name)
}

/** Whether a captured text is all that a Git tag says of its version, not only the beginning of it. */
function isWholeVersion(text: string, gitTag: string): boolean {
  return gitTag.endsWith(text) && !/[\d.]$/.test(gitTag.slice(0, -text.length)) && isFixedGitTag(text)
}

function resolveSchedule(pattern: string, world: TagWorld): Resolution {
  if (!world.facts.eventName.includes('schedule')) return nothing('the run is not a scheduled one')
  return plain(world.engine.compile(pattern)(dateExpressions(world.moments)), 'scheduled run', world)
}

type MatchEntry = Extract<TagEntry, { type: 'match' }>

/** The text that a `match` entry captures; undefined when there is none. */
export function matchedText(entry: MatchEntry, world: TagWorld): string | undefined {
  const source = versionSource(entry.value, world)
  return groupOf(source?.match(readRegExp('pattern', entry.pattern, { mayHaveFlags: true })) ?? [], entry.group)
}

function resolveMatch(entry: MatchEntry, world: TagWorld): Resolution {
  const source = versionSource(entry.value, world)
  if (source === undefined) return nothing('the run is not for a git tag, and no value is given')
  const pattern = readRegExp('pattern', entry.pattern, { mayHaveFlags: true })
  const found = source.match(pattern)
  if (!found) return surprise(`${entry.pattern} does not match ${source}`)
  const text = groupOf(found, entry.group)
  if (text === undefined)
    return surprise(`${entry.pattern} has no group ${entry.group} that caught something of ${source}`)
  const others = (world.gitTags ?? []).flatMap(tag => groupOf(tag.match(pattern) ?? [], entry.group) ?? [])
  return {
    kind: 'text',
    text,
    latest: takesLatest(world, true, isHighestVersion(text, others)),
    isFixed: parseSemver(text) !== null || (entry.value === '' && isWholeVersion(text, source)),
    why: `${entry.pattern} in ${source}`,
  }
}

/** A group is named by its number as it is usually written: 1, not 01. */
function groupOf(found: readonly (string | undefined)[], group: string): string | undefined {
  return String(Number(group)) === group ? found[Number(group)] : undefined
}

function resolveEdge(wanted: string, world: TagWorld): Resolution {
  const { ref } = world.facts
  if (ref.kind !== 'branch') return nothing('the run is not for a branch')
  const branch = wanted || world.defaultBranch
  return branch === ref.name
    ? plain('edge', `branch ${branch}`, world)
    : nothing(`the branch is not ${branch ?? 'the default one'}`)
}

function resolveRef({ event }: Extract<TagEntry, { type: 'ref' }>, world: TagWorld): Resolution {
  const { ref } = world.facts
  if (event === 'branch' && ref.kind === 'branch') return plain(ref.name, `branch ${ref.name}`, world)
  if (event === 'tag' && ref.kind === 'tag') {
    const latest = takesLatest(world, true, isHighestVersion(ref.name, world.gitTags ?? []))
    return { kind: 'text', text: ref.name, latest, isFixed: isFixedGitTag(ref.name), why: `git tag ${ref.name}` }
  }
  if (event === 'pr' && ref.kind === 'pull') return plain(pullNumber(world.facts), `pull request ${ref.name}`, world)
  if (event === 'merge-group') {
    const pull = ref.kind === 'branch' ? mergeQueuePull(ref.name) : undefined
    return pull ? plain(pull.number, `merge queue of ${pull.base}`, world) : nothing('the run is not for a merge queue')
  }
  return nothing(`the run is not for a ${{ branch: 'branch', tag: 'git tag', pr: 'pull request' }[event]}`)
}

function resolveSha(format: 'short' | 'long', world: TagWorld): Resolution {
  const { sha } = world.facts
  if (sha === '') return nothing('the run names no commit')
  const text = format === 'short' ? shortSha(sha, world.moments.shortShaLength) : sha
  return { ...plain(text, 'commit', world), isFixed: true }
}
