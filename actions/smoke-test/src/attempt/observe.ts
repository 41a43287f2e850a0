import { isIP } from 'node:net'
import type { ProjectHint } from '@deploy-actions/core/compose/service-containers'
import type { Clock } from '@deploy-actions/core/flow/clock'
import type { Host } from '@deploy-actions/core/host/host'
import type { HttpClient } from '@deploy-actions/core/http/client'
import { KnownFailure } from '@deploy-actions/core/http/failure'
import type { TlsDemands } from '@deploy-actions/core/probe/certificate'
import { observeDns } from '@deploy-actions/core/probe/observe-dns'
import { observeHttp } from '@deploy-actions/core/probe/observe-http'
import { observeSocket } from '@deploy-actions/core/probe/observe-socket'
import type { Observed } from '@deploy-actions/core/probe/observed'
import type { Secret } from '@deploy-actions/core/values/secret'
import type { DnsSubject, HttpSubject, Subject, TcpSubject, TlsFiles, TlsSubject, Vantage } from '../check.ts'
import type { Observation } from '../observation.ts'
import { vantageProblem } from '../vantage.ts'
import { CannotBeMade } from './cannot-be-made.ts'
import { type Containers, NoContainer } from './container.ts'
import { explainHostFailure } from './host-failure.ts'
import { observeCommand } from './observe-command.ts'
import { observeLookup } from './observe-lookup.ts'
import type { Open, Place } from './place.ts'
import { runCommand } from './run-command.ts'
import { type Server, ServerUnreachable } from './server.ts'

export interface Question {
  readonly subject: Subject
  readonly from: Vantage
  /** Milliseconds for the attempt. */
  readonly timeout: number
  /** Milliseconds until the server must have been reached. */
  readonly left: number
  readonly signal: AbortSignal
  readonly secrets: readonly Secret[]
  /** For tcp and tls: whether enough was said; nothing is read without it. */
  readonly isEnough?: ((text: string) => boolean) | undefined
}

export interface ObserverWorld {
  readonly clock: Clock
  readonly http: HttpClient
  /** This machine. */
  readonly local: Host
  /** Undefined when no server is named. */
  readonly server: Server | undefined
  readonly containers: Containers
  readonly project: ProjectHint
  /** A file of the workspace; undefined when it cannot be read. */
  readFile(path: string): Promise<string | undefined>
}

/** Milliseconds for Docker to say where a container is: it is slow while it replaces others. */
const LOOK_UP = 20_000

/** Makes one attempt: looks, and judges nothing. Throws CannotBeMade, or the signal's reason. */
export async function observe(question: Question, world: ObserverWorld): Promise<Observed<Observation>> {
  const { subject, from, signal } = question
  const problem = vantageProblem(subject, from)
  if (problem !== undefined) throw new CannotBeMade(problem)
  if (from.kind === 'runner') return look(question, runnerAsPlace(world), world)
  const { clock } = world
  const deadline = clock.now() + question.left
  const left = () => Math.max(1, deadline - clock.now())
  const server = serverOf(world)
  let free = () => {}
  let started = clock.now()
  try {
    if (runsCommands(question)) free = await server.session(left(), signal)
    const host = await server.host(left(), signal)
    const place = await placeOn(host, question, Math.min(LOOK_UP, left()), world)
    // What it takes to get there says nothing of what is asked.
    started = clock.now()
    const seen = await look({ ...question, timeout: Math.min(question.timeout, left()) }, place, world)
    // A connection that ends with the one to the server says nothing of what is asked.
    return !seen.ok && host.isLost ? { ...seen, failure: { kind: 'host', reason: seen.failure.reason } } : seen
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CannotBeMade) throw thrown
    const durationMs = clock.now() - started
    if (thrown instanceof NoContainer || thrown instanceof ServerUnreachable) {
      return { ok: false, failure: { kind: 'host', reason: thrown.message }, durationMs }
    }
    return { ok: false, failure: explainHostFailure(thrown), durationMs }
  } finally {
    free()
  }
}

/** Docker is asked for a container by a command too. */
function runsCommands({ subject, from }: Question): boolean {
  return from.kind === 'container' || subject.kind === 'command' || subject.kind === 'dns'
}

function serverOf({ server }: ObserverWorld): Server {
  if (!server) throw new CannotBeMade('is made through a server, and none is named: set `host`')
  return server
}

function runnerAsPlace({ local }: ObserverWorld): Place {
  return { open: undefined, run: command => runCommand(local, command) }
}

async function placeOn(
  host: Host,
  { from, subject, signal }: Question,
  timeout: number,
  { containers, project }: ObserverWorld,
): Promise<Place> {
  if (from.kind === 'container') {
    const family = 'family' in subject ? subject.family : undefined
    const isForCommand = subject.kind === 'command' || subject.kind === 'dns'
    return containers.find(host, { service: from.service, project, family, isForCommand, timeout, signal })
  }
  return {
    open: target => host.stream(target),
    run: command => runCommand(host, { ...command, cwd: command.cwd ?? project.path }),
  }
}

async function look(question: Question, place: Place, world: ObserverWorld): Promise<Observed<Observation>> {
  const { subject } = question
  switch (subject.kind) {
    case 'http': {
      const { kind } = subject
      const seen = await lookAtHttp(subject, question, place, world)
      return seen.ok ? { ...seen, facts: { kind, facts: seen.facts } } : seen
    }
    case 'tcp':
    case 'tls': {
      const { kind } = subject
      const seen = await lookAtSocket(subject, question, place, world)
      return seen.ok ? { ...seen, facts: { kind, facts: seen.facts } } : seen
    }
    case 'dns': {
      const { kind } = subject
      const seen = await lookAtName(subject, question, place)
      return seen.ok ? { ...seen, facts: { kind, records: seen.facts } } : seen
    }
    case 'command': {
      const { kind } = subject
      const seen = await observeCommand(subject, place, question)
      return seen.ok ? { ...seen, facts: { kind, facts: seen.facts } } : seen
    }
  }
}

async function lookAtHttp(subject: HttpSubject, question: Question, place: Place, world: ObserverWorld) {
  const { url, method, headers, body, maxRedirects, resolve, family, version, maxBytes } = subject
  const { timeout, signal, secrets } = question
  return observeHttp(
    world.http,
    {
      url,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      redirects: maxRedirects,
      maxBytes,
      timeout,
      signal,
      secrets,
      connection: { resolve, version, ...familyOf(family), ...wayOf(family, question, place) },
      tls: await demandsOf(subject.tls, world),
    },
    world.clock.now,
  )
}

async function lookAtSocket(subject: TcpSubject | TlsSubject, question: Question, place: Place, world: ObserverWorld) {
  const { host, port, family, send } = subject
  const { timeout, signal, isEnough } = question
  return observeSocket(
    {
      host,
      port,
      timeout,
      signal,
      ...(send === undefined ? {} : { send }),
      ...(isEnough ? { isEnough } : {}),
      ...(subject.kind === 'tls' ? { tls: await demandsOf(subject.tls, world) } : {}),
      ...familyOf(family),
      ...wayOf(family, question, place),
    },
    world.clock.now,
  )
}

function lookAtName({ name, type, server }: DnsSubject, question: Question, place: Place) {
  const { timeout, signal } = question
  if (place.open === undefined) {
    return observeDns({ name, type, timeout, signal, ...(server === undefined ? {} : { server }) })
  }
  // Other types were refused before.
  return observeLookup({ name, type: type === 'AAAA' ? type : 'A', timeout, signal }, place)
}

/** The way from a place that is not this machine. A server takes no wish for a kind of address, so it is given the address. */
function wayOf(family: 4 | 6 | undefined, { from, timeout, signal }: Question, place: Place): { readonly open?: Open } {
  const { open } = place
  if (open === undefined) return {}
  if (from.kind !== 'server' || family === undefined) return { open }
  const openAt: Open = async target => {
    if (isIP(target.host) !== 0) return open(target)
    const question = { name: target.host, type: family === 6 ? 'AAAA' : 'A', timeout, signal } as const
    const seen = await observeLookup(question, place)
    if (!seen.ok) throw new KnownFailure('name-not-found', seen.failure.reason)
    return open({ ...target, host: seen.facts[0] ?? target.host })
  }
  return { open: openAt }
}

function familyOf(family: 4 | 6 | undefined): { readonly family?: 4 | 6 } {
  return family === undefined ? {} : { family }
}

async function demandsOf(
  { caFile, certFile, keyFile, ...demands }: TlsFiles,
  world: ObserverWorld,
): Promise<TlsDemands> {
  const read = async (option: string, path: string | undefined) => {
    if (path === undefined) return undefined
    const text = await world.readFile(path)
    if (text === undefined) throw new CannotBeMade(`the file of \`${option}\`, ${path}, cannot be read`)
    return text
  }
  const [ca, cert, key] = [
    await read('ca-file', caFile),
    await read('cert-file', certFile),
    await read('key-file', keyFile),
  ]
  return {
    ...demands,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
