import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { LabServer } from '../../lab/server.ts'

/** How OpenSSH's own client reaches a server. */
export interface OpenSsh {
  /** The arguments of `ssh`, up to the command. */
  readonly args: readonly string[]
}

export async function openSshTo(server: LabServer, folder: string): Promise<OpenSsh> {
  const knownHosts = path.join(folder, `known_hosts-${server.port}`)
  await writeFile(knownHosts, `${server.hostKeys.join('\n')}\n`)
  const options = ['-F', 'none', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes']
  return {
    args: [...options, '-i', server.privateKeyPath, '-p', String(server.port), `${server.user}@${server.host}`],
  }
}

/** Milliseconds of `tar … | ssh … SCRIPT`, whose input begins with `head`. */
export async function tarToSsh(
  { args }: OpenSsh,
  script: string,
  {
    folder,
    paths = ['.'],
    head = '',
  }: { readonly folder: string; readonly paths?: readonly string[]; readonly head?: string },
): Promise<number> {
  const start = performance.now()
  const tar = spawn('tar', ['-C', folder, '-c', '-f', '-', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] })
  // A pipe between the two alone is as quick as a shell's; with a head this process has to write first.
  const ssh = spawn('ssh', [...args, script], { stdio: [head === '' ? tar.stdout : 'pipe', 'ignore', 'pipe'] })
  if (ssh.stdin === null) tar.stdout.destroy()
  else {
    ssh.stdin.write(head)
    tar.stdout.pipe(ssh.stdin)
  }
  await succeed(ssh)
  return performance.now() - start
}

/** Milliseconds of `ssh … SCRIPT`. */
export async function runOverSsh({ args }: OpenSsh, script: string): Promise<number> {
  const start = performance.now()
  await succeed(spawn('ssh', [...args, script], { stdio: ['ignore', 'ignore', 'pipe'] }))
  return performance.now() - start
}

async function succeed(ssh: ChildProcess): Promise<void> {
  const errors = ssh.stderr === null ? Promise.resolve('') : text(ssh.stderr)
  const [status] = await once(ssh, 'close')
  if (status !== 0) throw new Error(`ssh ended with status ${status}: ${await errors}`)
}
