import type { TlsDemands } from '@deploy-actions/core/probe/certificate'
import type { DnsType } from '@deploy-actions/core/probe/observe-dns'
import type { Secret } from '@deploy-actions/core/values/secret'
import type { Position } from '@deploy-actions/core/yaml/position'
import type { Expectation } from './expect/expectation.ts'
import type { Pattern } from './expect/matcher.ts'

/** One thing to prove of a release, read and complete: every default is filled in. Times are in milliseconds. */
export interface Check {
  readonly name: string
  readonly group: string | undefined
  /** Where it stands in `checks` or in the checks file. */
  readonly at: Position
  readonly from: Vantage
  readonly subject: Subject
  /** All of them must hold. */
  readonly expectations: readonly Expectation[]
  /** For one whole attempt, its body too. */
  readonly timeout: number
  readonly retry: Retry
  /** `warning` is told and does not fail the run. */
  readonly severity: 'error' | 'warning'
  /** Values for later checks, by the name that they have there. */
  readonly captures: readonly Capture[]
  /** Not to be seen in what is told of it: passwords, tokens, and whatever a variable brought into it. */
  readonly secrets: readonly Secret[]
}

/** A check as it is written, complete but for the values that it takes from the ones that it needs. */
export interface CheckPlan {
  /** Unique among all checks of the run. */
  readonly name: string
  readonly group: string | undefined
  readonly at: Position
  readonly kind: Kind
  readonly severity: 'error' | 'warning'
  readonly from: Vantage
  /** What is asked, as far as it is known beforehand, without secrets: for a check that is never made. */
  readonly target: string
  /** Names of the checks that must pass before it; a plan never comes before one that it needs. */
  readonly needs: readonly string[]
  /** Makes the check with what was captured so far, by the captures' names. */
  make(captured: ReadonlyMap<string, Secret>): Making
}

export type Making =
  | { readonly ok: true; readonly check: Check }
  /** Reads on after the check's name; without secrets. */
  | { readonly ok: false; readonly reason: string }

/** Where a check is made from. */
export type Vantage =
  | { readonly kind: 'runner' }
  /** As seen from the server of the connection inputs. */
  | { readonly kind: 'server' }
  /** In a container of the Compose project on that server: commands inside it, connections to it. */
  | { readonly kind: 'container'; readonly service: string }

export type Subject = HttpSubject | TcpSubject | TlsSubject | DnsSubject | CommandSubject
export type Kind = Subject['kind']

export interface HttpSubject {
  readonly kind: 'http'
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** 0: a redirect is the answer. */
  readonly maxRedirects: number
  readonly tls: TlsFiles
  /** Addresses by `host:port`, in place of DNS's. */
  readonly resolve: ReadonlyMap<string, string>
  readonly family: 4 | 6 | undefined
  readonly version: '1.1' | '2'
  /** Bytes of the body that are looked at. */
  readonly maxBytes: number
}

export interface TcpSubject {
  readonly kind: 'tcp'
  readonly host: string
  readonly port: number
  readonly family: 4 | 6 | undefined
  readonly send: string | undefined
}

export interface TlsSubject extends Omit<TcpSubject, 'kind'> {
  readonly kind: 'tls'
  readonly tls: TlsFiles
}

/** Like TlsDemands, but with the paths of the files in the workspace. */
export interface TlsFiles extends Omit<TlsDemands, 'ca' | 'cert' | 'key'> {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

export interface DnsSubject {
  readonly kind: 'dns'
  readonly name: string
  readonly type: DnsType
  /** The server to ask; the machine's own resolver when left out. */
  readonly server: string | undefined
}

export interface CommandSubject {
  readonly kind: 'command'
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, Secret>>
  readonly cwd: string | undefined
}

export interface Retry {
  /** Attempts in all, never "retries". */
  readonly attempts: number
  readonly initialDelay: number
  /** The pause after the first attempt; multiplied by `backoff` after each further one, up to `maxInterval`. */
  readonly interval: number
  readonly backoff: number
  readonly maxInterval: number
  /** From 0 to 1: by how much of itself a pause may vary. */
  readonly jitter: number
  /** For all attempts and pauses; it cuts the last attempt. */
  readonly deadline: number
  /** Good attempts in a row that are needed. */
  readonly successThreshold: number
  /** What ends the attempts at once. */
  readonly fatalOn: readonly FatalOn[]
}

/** A status or a class of them (`404`, `4xx`), an exit code, or a kind of failure of the connection. */
export type FatalOn =
  | { readonly kind: 'status'; readonly from: number; readonly to: number }
  | { readonly kind: 'exit-code'; readonly code: number }
  | { readonly kind: 'failure'; readonly failure: string }

/** Takes a value out of what was seen. */
export interface Capture {
  readonly name: string
  readonly source: Source
  /** What is taken of it: the first group, or the whole match. */
  readonly pattern?: Pattern
}

/** A part of what an attempt saw, that a matcher or a capture looks at. */
export type Source =
  | { readonly part: 'status' | 'body' | 'exit-code' | 'stdout' | 'stderr' | 'banner' | 'records' | 'url' }
  | { readonly part: 'header'; readonly name: string }
  /** The value of a cookie that the response sets. */
  | { readonly part: 'cookie'; readonly name: string }
  /** A JSONPath (RFC 9535) into the body, or into the standard output of a command. */
  | { readonly part: 'json'; readonly path: string }
  /** A CSS selector into the same, whose elements are taken as texts; `selector@name` takes that attribute of them. */
  | { readonly part: 'html'; readonly path: string }
