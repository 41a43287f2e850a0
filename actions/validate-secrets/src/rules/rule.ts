import type { Position } from '@deploy-actions/core/yaml/position'
import type { Severity } from '../problem.ts'
import type { Options, TypeName } from './vocabulary.ts'

/** A secret or a variable: where it is set, and whether a mask is welcome, depends on it. */
export type Store = 'secret' | 'variable'

export interface Rule {
  readonly name: string
  readonly store: Store
  readonly type: TypeName
  readonly options: Options
  readonly requiredWhen?: Condition
  /** What a `.env` must hold. */
  readonly names?: readonly Rule[]
  /** What changes in an environment. */
  readonly environments: ReadonlyMap<string, EnvironmentRule>
  readonly at: Position
}

export interface EnvironmentRule {
  readonly type?: TypeName
  readonly options: Options
}

/** Holds when each of its names fits. */
export type Condition = readonly Term[]
export interface Term {
  readonly name: string
  /** What its value must be one of; or whether it must be set at all. */
  readonly test:
    | { readonly oneOf: readonly string[] }
    | { readonly noneOf: readonly string[] }
    | { readonly set: boolean }
}

export type GroupKind = 'one-of' | 'any-of' | 'all-or-none'
export interface Group {
  readonly kind: GroupKind
  readonly names: readonly string[]
  readonly at: Position
}

export interface When {
  readonly condition: Condition
  readonly require: readonly string[]
  readonly at: Position
}

/** All that a team says about its secrets and variables. */
export interface Rules {
  readonly rules: readonly Rule[]
  readonly groups: readonly Group[]
  readonly when: readonly When[]
  readonly checks: readonly RemoteCheck[]
  readonly allowOtherNames: boolean
}

/** Reads from a name of the rules, or stands in the rules itself. */
export type Operand = { readonly name: string } | { readonly literal: string }

export interface RemoteCheck {
  readonly kind: RemoteCheckKind
  readonly operands: Readonly<Record<string, Operand>>
  readonly at: Position
}
export type RemoteCheckKind =
  | 'registry-login'
  | 'ssh-reachable'
  | 'ssh-host-key'
  | 'ssh-login'
  | 'webhook'
  | 'github-token'
  | 'http'

/** The rule as it stands in one environment. GitHub compares names of environments without case. */
export function inEnvironment(rule: Rule, environment: string): Rule {
  const name = [...rule.environments.keys()].find(known => known.toLowerCase() === environment.toLowerCase())
  const own = name === undefined ? undefined : rule.environments.get(name)
  if (own === undefined) return rule
  return { ...rule, type: own.type ?? rule.type, options: { ...rule.options, ...own.options } }
}

/** The rules, and those for the names inside a `.env`. */
export function withInner(rules: readonly Rule[]): Rule[] {
  return rules.flatMap(rule => [rule, ...withInner(rule.names ?? [])])
}

export function severityOf(rule: Rule): Severity {
  return rule.options.severity ?? 'error'
}
