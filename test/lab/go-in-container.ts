import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { GoTool } from '@deploy-actions/build/go-tool'
import { cacheFolder, installOnce } from '@deploy-actions/build/install-once.mjs'
import { docker } from './docker.ts'
import { ensureBaseImage, ensureImage } from './images.ts'
import type { Progress } from './progress.ts'

/** Where Debian and most others keep the certificates that the machine trusts. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** Builds a Go program for Linux in a container: all it needs of this machine is its Docker engine. */
export async function buildInContainer(tool: GoTool, progress: Progress): Promise<string> {
  const folder = join(cacheFolder(), `${tool.name}-${tool.version}-linux`)
  await installOnce(folder, async draft => {
    const base = await ensureBaseImage(progress)
    const image = await ensureImage({ name: 'go', folder: join(import.meta.dirname, 'images', 'go') }, base, progress)
    await progress.step(`build ${tool.name} ${tool.version} with Go in a container`, () => build(tool, image, draft))
  })
  return join(folder, tool.name)
}

async function build(tool: GoTool, image: string, folder: string): Promise<void> {
  const flags = ['-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', `-s -w ${tool.ldflags ?? ''}`]
  const settings = ['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'HTTPS_PROXY', 'NO_PROXY'].filter(name => process.env[name])
  const env = ['CGO_ENABLED=0', ...settings].flatMap(setting => ['--env', setting])
  const container = await docker([
    'create',
    ...env,
    image,
    'go',
    'build',
    ...flags,
    '-o',
    `/out/${tool.name}`,
    tool.package,
  ])
  try {
    await docker(['cp', `${tool.module}/.`, `${container}:/src`])
    // A company's own certificate, which this machine trusts, is trusted by the build too.
    if (existsSync(CERTIFICATES)) await docker(['cp', '--follow-link', CERTIFICATES, `${container}:${CERTIFICATES}`])
    await docker(['start', '--attach', container])
    await docker(['cp', `${container}:/out/${tool.name}`, folder])
  } finally {
    await docker(['rm', '--force', '--volumes', container])
  }
}
