/**
 * A `docker` command with real state, but without an engine and without containers, for tests of server scripts:
 *
 *   const engine = await createStubEngine(folder)                    // folder: an existing empty one
 *   PATH=`${engine.bin}:/usr/bin:/bin`                              // engine.bin holds the one program `docker`
 *   engine.addImage({ reference: 'app:v1', behaviour: 'healthy' })   // is on the server already
 *   engine.pushImage({ reference: 'registry.lab:5000/app:v2' })      // can be pulled
 *   engine.fail({ command: 'compose up', changes: 3, action: 'kill-group' })
 *   expect(engine.snapshot()).toStrictEqual(before)
 *
 * The state is one file, changed by renames under a lock: any call may be killed at any moment, and calls may overlap.
 * `compose config` and `compose version` are the real Compose. What is not imitated ends with status 125.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '@deploy-actions/build/install-once.mjs'
import { ensureComposeBinary } from './compose-binary.ts'
import { restartAll } from './containers.ts'
import { findImage, setTag } from './images.ts'
import { familiar, fullReference, repositoryOf } from './references.ts'
import { type EngineSnapshot, snapshotOf } from './snapshot.ts'
import { type Behaviour, emptyState, type Fault, nowOf, type RegistryImage, type StubState } from './state.ts'
import { Store } from './store.ts'

export type { EngineSnapshot } from './snapshot.ts'
export type { Behaviour, Fault, StubState } from './state.ts'

export interface NewImage {
  /** `app:v1`, `registry.lab:5000/app:v1`. */
  readonly reference: string
  /** Default: `healthy`. */
  readonly behaviour?: Behaviour
  /** Paths that the image declares as VOLUME. */
  readonly volumes?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** What its containers write; default: one line. */
  readonly logs?: readonly string[]
  /** Another value makes another image of the same reference and behaviour. */
  readonly content?: string
}

export interface KnownImage {
  readonly reference: string
  /** `sha256:…`, as `docker image inspect` prints it. */
  readonly id: string
  /** `sha256:…` of its manifest. */
  readonly digest: string
}

export interface StubCall {
  /** Without global options: `compose up -d --no-build`. */
  readonly command: string
  readonly args: readonly string[]
}

export interface StubEngineOptions {
  /** A real Compose; default: the one of ensureComposeBinary. */
  readonly compose?: string
  /** Where images and volumes of the engine would be; default: the folder. */
  readonly dockerRootDir?: string
}

/** Makes the folders `bin`, with `docker` in it, and the state. A folder that has an engine already is taken over as it is. */
export async function createStubEngine(folder: string, options: StubEngineOptions = {}): Promise<StubEngine> {
  const compose = options.compose ?? (await ensureComposeBinary())
  const engine = new StubEngine(folder)
  if (!existsSync(engine.store.path)) {
    mkdirSync(engine.bin, { recursive: true })
    engine.restore(emptyState({ composeVersion: versionOf(compose), dockerRootDir: options.dockerRootDir ?? folder }))
    engine.clearCalls()
  }
  const script = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'cli.ts')]
  const command = [...script, engine.store.path, engine.callsPath, compose].map(quote).join(' ')
  // The preloaded library of crash tests must not see the state's own writes.
  const wrapper = `#!/bin/sh\nunset LD_PRELOAD\nNODE_COMPILE_CACHE=${quote(join(cacheFolder(), 'stub-engine'))} exec ${command} "$@"\n`
  writeFileSync(join(engine.bin, 'docker'), wrapper)
  chmodSync(join(engine.bin, 'docker'), 0o755)
  return engine
}

const versions = new Map<string, string>()

function versionOf(compose: string): string {
  const known = versions.get(compose)
  if (known !== undefined) return known
  const printed = execFileSync(compose, ['version', '--short'], { encoding: 'utf8' })
  // As Compose does it for labels: Debian's 2.26.1-4 is 2.26.1 there.
  const version = /\d+\.\d+\.\d+/.exec(printed)?.[0] ?? printed.trim()
  versions.set(compose, version)
  return version
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

export class StubEngine {
  /** The folder for PATH. */
  readonly bin: string
  readonly store: Store
  readonly callsPath: string

  constructor(folder: string) {
    this.bin = join(folder, 'bin')
    this.store = new Store(join(folder, 'state.json'))
    this.callsPath = join(folder, 'calls.jsonl')
  }

  /** A copy; `restore` sets an engine back to it. */
  state(): StubState {
    return this.store.read()
  }

  restore(state: StubState): void {
    this.store.write(state)
  }

  /** Modifies the state as one step. */
  change<T>(change: (state: StubState) => T): T {
    return this.store.change(change)
  }

  /** An image that the server has, as `docker build` leaves it: without a digest. A moved tag leaves its old image. */
  addImage(image: NewImage): KnownImage {
    const made = makeImage(image)
    const full = fullReference(image.reference)
    this.change(state => {
      const { digest, ...served } = made
      state.images[made.id] ??= { ...served, tags: [], digests: [], created: nowOf(state) }
      setTag(state, made.id, full)
    })
    return { reference: image.reference, id: made.id, digest: made.digest }
  }

  /** An image that a registry serves from now on. The server does not have it before it pulls it. */
  pushImage(image: NewImage): KnownImage {
    const made = makeImage(image)
    const full = fullReference(image.reference)
    this.change(state => {
      state.registry[full] = made
      state.registry[`${repositoryOf(full)}@${made.digest}`] = made
      delete state.registryErrors[full]
    })
    return { reference: image.reference, id: made.id, digest: made.digest }
  }

  /** Pushed, and pulled by the server: on it with its digest. */
  pullImage(image: NewImage): KnownImage {
    const pushed = this.pushImage(image)
    const added = this.addImage(image)
    const digest = `${repositoryOf(fullReference(image.reference))}@${added.digest}`
    this.change(state => {
      const known = state.images[added.id]
      if (known !== undefined) state.images[added.id] = { ...known, digests: [...new Set([...known.digests, digest])] }
    })
    return pushed
  }

  /** The registry responds to pulls of a reference with an error; without a message, it serves it again. */
  failPull(reference: string, message?: string): void {
    this.change(state => {
      if (message === undefined) delete state.registryErrors[fullReference(reference)]
      else state.registryErrors[fullReference(reference)] = message
    })
  }

  /** A registry requires a login from now on: `ghcr.io`, `docker.io`. */
  requireLogin(registry: string, user: string, password: string): void {
    this.change(state => {
      state.logins[registry] = { user, password }
    })
  }

  /** Containers of a service that are created from now on behave like this, whatever their image. Undefined: like their image. */
  behave(service: string, behaviour: Behaviour | undefined): void {
    this.change(state => {
      if (behaviour === undefined) delete state.behaviours[service]
      else state.behaviours[service] = behaviour
    })
  }

  /** The engine does not respond until `up` is called. Containers stay as they are. */
  down(): void {
    this.change(state => {
      state.isDown = true
    })
  }

  up(): void {
    this.change(state => {
      state.isDown = false
    })
  }

  /** A restart of the engine or of the server: restart policies decide which containers run afterwards. */
  restart(): void {
    this.change(state => {
      state.isDown = false
      restartAll(state)
    })
  }

  /** The same after SIGKILL for the engine. */
  restartKilled(): void {
    this.change(state => {
      state.isDown = false
      restartAll(state, true)
    })
  }

  /**
   * Disturbs calls that begin with `command`: without Compose's global options, such as `compose up`, `tag`, `container inspect`.
   * The first `skip` of them pass, the next `times` (default: one) are disturbed: before they start or, with `changes`,
   * after so many steps of theirs. A call that has fewer steps ends undisturbed.
   */
  fail(fault: Pick<Fault, 'command'> & Partial<Fault>): void {
    const { action = 'exit', message = DOWN_MESSAGE, exitStatus = 1, skip = 0, times = 1 } = fault
    this.change(state => {
      state.faults = [...state.faults, { ...fault, action, message, exitStatus, skip, times }]
    })
  }

  clearFaults(): void {
    this.change(state => {
      state.faults = []
    })
  }

  /** Every call so far, also one that was killed or refused. */
  calls(): StubCall[] {
    return readFileSync(this.callsPath, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as StubCall)
  }

  clearCalls(): void {
    rmSync(this.callsPath, { force: true })
    writeFileSync(this.callsPath, '')
  }

  /** The ID of an image on the server, by any of its names. */
  imageId(reference: string): string | undefined {
    return findImage(this.state(), reference)?.id
  }

  /** What must be equal before and after: for `toStrictEqual`. */
  snapshot(): EngineSnapshot {
    return snapshotOf(this.state())
  }
}

const DOWN_MESSAGE = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'

/** The same description always is the same image, as its content is. */
function makeImage({
  reference,
  behaviour = 'healthy',
  volumes = [],
  labels = {},
  logs,
  content = '',
}: NewImage): RegistryImage {
  const text = JSON.stringify([familiar(fullReference(reference)), behaviour, volumes, labels, logs, content])
  const hash = (kind: string) => `sha256:${createHash('sha256').update(`${kind} ${text}`).digest('hex')}`
  return {
    id: hash('image'),
    digest: hash('manifest'),
    volumes,
    labels,
    behaviour,
    logs: logs ?? [`${reference}: started`],
  }
}
