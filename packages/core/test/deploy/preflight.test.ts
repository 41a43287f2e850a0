import { checkDisk, checkServer } from '@deploy-actions/core/deploy/preflight'
import { describe, expect, it } from '@jest/globals'
import { server } from './examples.ts'

describe('checkServer', () => {
  it('passes a server that has everything', () => {
    expect(checkServer(server(), 'srv', '/opt/app')).toEqual({ warnings: [] })
  })

  it('warns of a disk that is over 80 % full', () => {
    const { warnings } = checkServer(server({ dockerDisk: { sizeBytes: 10e9, freeBytes: 1e9 } }), 'srv', '/opt/app')
    expect(warnings).toEqual(["The server's disk is 90 % full: 1.0 GB left of 10.0 GB."])
  })

  it('reports everything that prevents a deploy at once', () => {
    const bad = server({
      missingTools: ['flock'],
      engine: 'permission denied while trying to connect',
      writable: false,
    })
    expect(() => checkServer(bad, 'srv', '/opt/app')).toThrow(
      /`flock` is not installed\n.*without sudo; .*usermod -aG docker deploy .*\n.*no permission to write \/opt\/app/,
    )
    expect(() => checkServer(bad, 'srv', '/opt/app')).toThrow(
      expect.objectContaining({ title: 'srv is not ready for a deploy' }),
    )
  })

  it('names an option that a tool of the server lacks, and where the tool with it comes from', () => {
    expect(() => checkServer(server({ missingTools: ['find -mmin'] }), 'srv', '/opt/app')).toThrow(
      '`find -mmin` does not work: the `find` of this server (perhaps of busybox) lacks it; install the package findutils',
    )
  })

  it.each(['ssh://deploy@other.example', 'tcp://10.0.0.5:2376', 'tcp://127.0.0.1.example.org:2375'])(
    'refuses an engine on another machine: %s',
    endpoint => {
      const remote = () => checkServer(server({ endpoint, engine: '' }), 'srv', '/opt/app')
      expect(remote).toThrow(
        `the docker command of deploy uses the engine at ${endpoint}: the files would be on srv, and the containers on that engine; choose the local engine`,
      )
      expect(remote).not.toThrow('does not respond')
    },
  )

  it.each([
    '',
    'unix:///run/user/1000/docker.sock',
    'tcp://127.0.0.1:2375',
    'tcp://[::1]:2375',
    'tcp://localhost:2375',
  ])('takes a local engine: "%s"', endpoint => {
    expect(checkServer(server({ endpoint }), 'srv', '/opt/app').warnings).toEqual([])
  })

  it.each([
    ['its own client', { engine: '5.4.2 linux/Error: template: version:1:23', client: 'podman version 5.4.2' }],
    ["docker's client", { engine: '4.9.3 linux/amd64 podman' }],
  ])('refuses Podman by name, with %s', (_, parts) => {
    expect(() => checkServer(server(parts), 'srv', '/opt/app')).toThrow(/^The docker command is Podman/)
  })

  it.each([
    ['/opt/app', undefined, false],
    ['/home/deploy-2/app', undefined, false],
    ['/home/deploy/.apps/app', undefined, false],
    ['/home/deploy/app', '/srv/app', false],
    ['/home/deploy/app', undefined, true],
    ['/media/disk/app', undefined, true],
  ])('with Docker from snap, %s (really %s): %s', (path, realPath, isReadable) => {
    const check = () => checkServer(server({ snapHome: '/home/deploy', realPath }), 'srv', path)
    if (isReadable) expect(check().warnings).toEqual([])
    else
      expect(check).toThrow(`Docker comes from snap here and cannot read ${realPath ?? path}, only directories below`)
  })

  it.each(['nfs', 'cifs', 'smb2', 'fuseblk'])('warns of a project directory on %s', fileSystem => {
    expect(checkServer(server({ fileSystem }), 'srv', '/opt/app').warnings).toEqual([
      `/opt/app is on a file system of the type ${fileSystem}. The lock that keeps two deploys apart can be lost there without notice; use a local disk for the project directory.`,
    ])
  })
})

describe('checkDisk', () => {
  const full = server({ dockerDisk: { sizeBytes: 10e9, freeBytes: 1e8 } })

  it('refuses a new release where there is no room for its images', () => {
    expect(() => checkDisk(full, 'srv')).toThrow("the disk of Docker's data has only 100.0 MB left")
    expect(() => checkDisk(server(), 'srv')).not.toThrow()
  })

  it('is not asked for a rollback, which a full disk only makes more urgent', () => {
    expect(checkServer(full, 'srv', '/opt/app').warnings).toEqual([
      "The server's disk is 99 % full: 100.0 MB left of 10.0 GB.",
    ])
  })
})
