import type { EventFacts } from './event-facts.ts'
import type { Moments } from './expressions.ts'
import type { Flavor } from './flavor.ts'
import type { TemplateEngine } from './template.ts'

/** All that an entry's text may be made from. */
export interface TagWorld {
  readonly facts: EventFacts
  readonly flavor: Flavor
  readonly moments: Moments
  readonly engine: TemplateEngine
  /** What `{{…}}` may name. */
  readonly expressions: object
  /** Of the repository; undefined when nobody could tell. */
  readonly defaultBranch: string | undefined
  /** The names of all git tags; undefined unless the flavor says latest=highest. */
  readonly gitTags: readonly string[] | undefined
}

export interface TextResolution {
  readonly kind: 'text'
  readonly text: string
  /** Whether `latest` goes along, should this be the first of all tags. */
  readonly latest: boolean
  /** Whether the text names one release or commit, so that a tag of it never moves. */
  readonly isFixed: boolean
  /** Where the text is from, for people. */
  readonly why: string
}

/** What an entry comes to. */
export type Resolution =
  | TextResolution
  | {
      readonly kind: 'nothing'
      readonly why: string
      /** Nobody would expect it. */
      readonly isSurprise: boolean
    }

export function nothing(why: string): Resolution {
  return { kind: 'nothing', why, isSurprise: false }
}

export function surprise(why: string): Resolution {
  return { kind: 'nothing', why, isSurprise: true }
}

/** Whether `latest` goes along with a tag of a kind that has it by itself, or has not. */
export function takesLatest({ flavor }: TagWorld, byItself: boolean, isHighest: boolean): boolean {
  if (flavor.latest === 'highest') return byItself && isHighest
  return flavor.latest === 'auto' ? byItself : flavor.latest === 'true'
}

/** What a version is read from: the entry's own value, or the git tag. Undefined when there is neither. */
export function versionSource(value: string, { facts, engine, expressions }: TagWorld): string | undefined {
  if (value !== '') return engine.compile(value)(expressions)
  return facts.ref.kind === 'tag' ? facts.ref.name : undefined
}
