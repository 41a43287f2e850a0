import { collectFiles } from '@deploy-actions/core/host/files'
import { formatChecksums } from '@deploy-actions/core/host/manifest'
import { packTar, unpackCommand } from '@deploy-actions/core/host/tar'
import { login } from '../../lab/host/login.ts'
import type { LabServer } from '../../lab/server.ts'

const TIMEOUT = 600_000

/** An empty directory of the server that belongs to the login user. */
export const DESTINATION = '/opt/upload'

export interface Upload {
  /** Milliseconds from nothing to files on the server: connect, find and hash, pack, send. */
  readonly whole: number
  /** Those of the last part. */
  readonly sending: number
  readonly checksums: string
}

export async function upload(server: LabServer, folder: string): Promise<Upload> {
  const start = performance.now()
  await using host = await login(server)
  const manifest = await collectFiles(folder, ['.'])
  const sending = performance.now()
  const sent = await host.run({ argv: unpackCommand(DESTINATION), stdin: packTar(folder, manifest), timeout: TIMEOUT })
  const end = performance.now()
  if (sent.exitCode !== 0) throw new Error(sent.stderr)
  return { whole: end - start, sending: end - sending, checksums: formatChecksums(manifest) }
}

export async function emptyDestination(server: LabServer): Promise<void> {
  await server.exec(`rm -rf ${DESTINATION} && install -d -o deploy ${DESTINATION}`)
}

export async function checkUpload(server: LabServer, checksums: string): Promise<void> {
  await server.exec(`cd ${DESTINATION} && sha256sum -c --quiet --strict -`, { input: checksums })
}
