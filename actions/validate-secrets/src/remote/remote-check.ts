import type { HttpClient } from '@deploy-actions/core/http/client'
import type { Code } from '../problem.ts'

/** What a remote check may use. Each has one try: a second wrong password locks accounts. */
export interface Network {
  readonly http: HttpClient
  /** Milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Where GitHub's API is. */
  readonly githubApi: string
}

/** The values of a check's operands; '' for one that is not given. */
export type Operands = (key: string) => string

/** What came out; the texts are ours, and name no host that came from a secret. */
export type Finding =
  | { readonly passed: true; readonly text: string }
  | { readonly passed: false; readonly code: Code; readonly text: string; readonly hint?: string }

export type RemoteCheckFunction = (operands: Operands, network: Network) => Promise<Finding>

export function passed(text: string): Finding {
  return { passed: true, text }
}

export function failed(code: Code, text: string, hint?: string): Finding {
  return hint === undefined ? { passed: false, code, text } : { passed: false, code, text, hint }
}
