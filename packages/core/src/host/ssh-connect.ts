import type { Duplex } from 'node:stream'
import { NodeSSH } from 'node-ssh'
import type { AnyAuthMethod, AuthenticationType, Client, ServerHostKeyAlgorithm } from 'ssh2'
import type { PrivateKey } from '../values/private-key.ts'
import type { Secret } from '../values/secret.ts'
import { readPublicKeyBlob, type SshPublicKey } from '../values/ssh-public-key.ts'
import {
  AGENT_KEYS,
  type AttemptTrace,
  ConnectFailure,
  explainSocketFailure,
  explainSshFailure,
} from './connect-failure.ts'
import {
  type Endpoint,
  type HostKeyPolicy,
  HostKeyRefused,
  type HostKeyVerdict,
  hostKeyAlgorithms,
  judgeHostKey,
  mayMatchAnotherType,
} from './host-key.ts'
import { openSocket } from './socket.ts'

/** Who goes where, with which proofs, trusting what. */
export interface SshTarget extends Endpoint {
  readonly user: string
  readonly key?: PrivateKey
  readonly password?: Secret
  /** The socket of an ssh-agent. */
  readonly agent?: string
  readonly hostKey: HostKeyPolicy
  /** Milliseconds for each of the two steps of one attempt: TCP, then SSH up to the login. */
  readonly connectTimeout: number
  /** Milliseconds between signs of life, and after how many without an answer the server counts as dead. */
  readonly keepalive?: { readonly every: number; readonly misses: number }
  /** Instead of a TCP connection of our own: a channel through a jump host. */
  readonly through?: (endpoint: Endpoint) => Promise<Duplex>
}

export interface Connected {
  readonly client: Client
  /** What the client speaks over: the client's own destroy() does nothing once it has said goodbye. */
  readonly socket: Duplex
}

/** A server that died is noticed after a minute, and a NAT on the way keeps the connection in mind. */
const KEEPALIVE = { every: 15_000, misses: 4 }

/**
 * Makes one attempt, or a few when a fingerprint may belong to another of the server's keys than the one that it showed.
 * Throws ConnectFailure or HostKeyRefused. Nothing that proves who we are is sent before the host key was accepted.
 */
export async function connectOnce(target: SshTarget, signal?: AbortSignal): Promise<Connected> {
  const offered: SshPublicKey[] = []
  for (;;) {
    const types = offered.map(key => key.type)
    const outcome = await handshake(target, hostKeyAlgorithms(target.hostKey, target, types), signal).catch(thrown => {
      // All its keys were seen: the refusal of the last one tells more than that there is no further one.
      if (offered.length > 0 && thrown instanceof ConnectFailure && thrown.kind === 'no-common-algorithm')
        return undefined
      throw thrown
    })
    if (outcome?.connected) return outcome.connected
    if (outcome) offered.push(outcome.offered)
    const again = outcome !== undefined && mayMatchAnotherType(target.hostKey, outcome.verdict)
    if (
      !again ||
      hostKeyAlgorithms(
        target.hostKey,
        target,
        offered.map(key => key.type),
      ).length === 0
    ) {
      throw new HostKeyRefused(worst(target, offered), offered, target, target.hostKey)
    }
  }
}

/** A changed key among several weighs more than an unknown one. */
function worst(target: SshTarget, offered: readonly SshPublicKey[]): HostKeyVerdict {
  const verdicts = offered.map(key => judgeHostKey(target.hostKey, key, target))
  return verdicts.find(verdict => verdict === 'revoked' || verdict === 'changed') ?? verdicts[0] ?? 'unknown'
}

type Outcome =
  | { readonly connected: Connected }
  | { readonly connected?: undefined; readonly offered: SshPublicKey; readonly verdict: HostKeyVerdict }

async function handshake(
  target: SshTarget,
  algorithms: readonly ServerHostKeyAlgorithm[],
  signal?: AbortSignal,
): Promise<Outcome> {
  const { host, port, user, connectTimeout, keepalive = KEEPALIVE } = target
  const socket = await (target.through?.({ host, port }) ?? openSocket({ host, port }, connectTimeout, signal)).catch(
    thrown => {
      signal?.throwIfAborted()
      throw thrown instanceof ConnectFailure ? thrown : explainSocketFailure(thrown, target, connectTimeout)
    },
  )
  const trace: AttemptTrace = {
    endpoint: { host, port },
    user,
    timeout: connectTimeout,
    greeting: '',
    handshakeDone: false,
    tried: [],
    methods: [],
    partial: false,
  }
  listenForGreeting(socket, trace)
  const shown: { key?: SshPublicKey; verdict?: HostKeyVerdict } = {}
  const ssh = new NodeSSH()
  const ready = ssh.connect({
    // The types know nothing of a plain stream, which ssh2 takes as well.
    sock: socket,
    username: user,
    readyTimeout: connectTimeout,
    keepaliveInterval: keepalive.every,
    keepaliveCountMax: keepalive.misses,
    algorithms: { serverHostKey: [...algorithms] },
    hostVerifier: (blob: Buffer): boolean => {
      shown.key = readPublicKeyBlob(blob)
      shown.verdict = judgeHostKey(target.hostKey, shown.key, target)
      return shown.verdict === 'accepted' || shown.verdict === 'accepted-unchecked'
    },
    authHandler: authenticator(target, trace),
  })
  const client = ssh.connection
  // node-ssh stops listening once it is connected, and an error without a listener would end the process.
  client?.on('error', () => {})
  client?.once('handshake', () => {
    trace.handshakeDone = true
  })
  const abort = () => socket.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await ready
    if (client === null) throw new Error('closed at once')
    return { connected: { client, socket } }
  } catch (thrown) {
    socket.destroy()
    signal?.throwIfAborted()
    if (shown.key && shown.verdict && !shown.verdict.startsWith('accepted')) {
      return { offered: shown.key, verdict: shown.verdict }
    }
    throw explainSshFailure(thrown, trace)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Keeps the first line that the server sends; ssh2 reads the same bytes once it resumes the paused stream. */
function listenForGreeting(socket: Duplex, trace: AttemptTrace): void {
  socket.pause()
  socket.once('data', (bytes: Buffer) => {
    const line =
      bytes
        .subarray(0, 200)
        .toString('latin1')
        .split(/[\r\n]/)[0] ?? ''
    trace.greeting = line.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
  })
}

/** Tries what there is in an order that wastes no attempt: servers count the wrong ones and ban for them. */
function authenticator(target: SshTarget, trace: AttemptTrace) {
  const { user: username, key, password, agent } = target
  const left: { readonly method: AnyAuthMethod; readonly name: string }[] = []
  if (key) {
    const name = `the key ${key.publicKey.fingerprint} (${key.publicKey.type})`
    left.push({ name, method: { type: 'publickey', username, key: key.openssh.reveal() } })
  }
  if (agent !== undefined) left.push({ name: AGENT_KEYS, method: { type: 'agent', username, agent } })
  if (password) {
    left.push({ name: 'a password', method: { type: 'password', username, password: password.reveal() } })
    left.push({
      name: 'a password (keyboard-interactive)',
      method: {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password.reveal())),
      },
    })
  }
  let asked = false
  return (methods: AuthenticationType[] | null, partial: boolean | null): AnyAuthMethod | false => {
    if (methods) trace.methods = methods
    if (partial) trace.partial = true
    if (!asked) {
      // `none` is not counted as an attempt, and its refusal names what the server takes.
      asked = true
      return { type: 'none', username }
    }
    const accepts = (method: AnyAuthMethod) => {
      const type = method.type === 'agent' ? 'publickey' : method.type
      // The same password twice would be two wrong attempts.
      if (type === 'keyboard-interactive' && trace.tried.includes('a password')) return false
      return methods === null || methods.includes(type)
    }
    const chosen = left.findIndex(candidate => accepts(candidate.method))
    const [candidate] = chosen === -1 ? [] : left.splice(chosen, 1)
    if (!candidate) return false
    trace.tried.push(candidate.name)
    return candidate.method
  }
}
