import { readFailure, withoutNoise } from '@deploy-actions/core/compose/failure'
import { describe, expect, it } from '@jest/globals'

/** What Docker 26.1.5 with Compose 2.26.1 and 5.5.1 said, recorded. */
const recorded = [
  [
    'image-missing',
    'Error response from daemon: manifest for registry.lab:5000/shop/web:nope not found: manifest unknown: manifest unknown',
    'There is no registry.lab:5000/shop/web:nope',
  ],
  [
    'image-missing',
    ` Image registry.lab:5000/shop/web:nope Pulling
 Image registry.lab:5000/shop/web:nope Error manifest for registry.lab:5000/shop/web:nope not found: manifest unknown: manifest unknown
Error response from daemon: manifest for registry.lab:5000/shop/web:nope not found: manifest unknown: manifest unknown`,
    'There is no registry.lab:5000/shop/web:nope',
  ],
  ['image-missing', 'Error response from daemon: No such image: not-here:1', 'There is no not-here:1'],
  [
    'login-refused',
    'Error response from daemon: Head "https://registry.lab:5000/v2/shop/web/manifests/1": no basic auth credentials',
    'registry.lab:5000 refused access',
  ],
  [
    'login-refused',
    'Error response from daemon: login attempt to https://registry.lab:5000/v2/ failed with status: 401 Unauthorized',
    'registry.lab:5000 refused access',
  ],
  [
    'registry-unreachable',
    'Error response from daemon: Get "https://registry.lab:5999/v2/": dial tcp 172.23.0.2:5999: connect: connection refused',
    'registry.lab:5999 did not respond to the server as expected: connection refused',
  ],
  [
    'registry-unreachable',
    'Error response from daemon: Get "https://no-such-host.invalid/v2/": dial tcp: lookup no-such-host.invalid on 127.0.0.11:53: no such host',
    'no-such-host.invalid did not respond to the server as expected: no such host',
  ],
  [
    'registry-unreachable',
    'Error response from daemon: Get "http://127.0.0.1:22/v2/": net/http: HTTP/1.x transport connection broken: malformed HTTP status code "Debian-7+deb13u4"',
    '127.0.0.1:22',
  ],
  [
    'certificate',
    `Error response from daemon: Get "https://10.255.255.1:5000/v2/": tls: failed to verify certificate: x509: cannot validate certificate for 10.255.255.1 because it doesn't contain any IP SANs`,
    "doesn't contain any IP SANs",
  ],
  [
    'port-taken',
    ` Network port_default  Creating
 Network port_default  Created
 Container port-a-1  Starting
Error response from daemon: driver failed programming external connectivity on endpoint port-a-1 (575b66d427880f6f): Bind for 0.0.0.0:8090 failed: port is already allocated`,
    '0.0.0.0:8090 of the server is used',
  ],
  [
    'port-taken',
    'Error response from daemon: driver failed programming external connectivity on endpoint port-a-1 (bfbd1ea0b803): Error starting userland proxy: listen tcp4 0.0.0.0:8091: bind: address already in use',
    '0.0.0.0:8091 of the server is used',
  ],
  [
    'name-taken',
    ' service:a:1 Error response from daemon: Conflict. The container name "/taken" is already in use by container "4efd0cc3c89b". You have to remove (or rename) that container to be able to reuse that name.',
    'has the name taken',
  ],
  [
    'command-missing',
    'Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown',
    'The command /nope cannot be run in the container: stat /nope: no such file or directory.',
  ],
  [
    'mount-mismatch',
    'Error response from daemon: failed to create task for container: runc create failed: unable to start container process: error during container init: error mounting "/tmp/f/file" to rootfs at "/bin": mount /tmp/f/file:/bin (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type',
    '/tmp/f/file cannot be mounted at /bin',
  ],
  [
    'mount-missing',
    'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /tmp/f/nope',
    '/tmp/f/nope, which',
  ],
  ['external-missing', 'Error response from daemon: network not-there not found', 'network not-there'],
  ['external-missing', 'network not-there declared as external, but could not be found', 'network not-there'],
  [
    'dependency-failed',
    'dependency failed to start: container du-a-1 is unhealthy',
    'Other services wait for it: container du-a-1 is unhealthy.',
  ],
  [
    'dependency-failed',
    `service "a" didn't complete successfully: exit 1`,
    `Other services wait for it: service "a" didn't complete successfully: exit 1.`,
  ],
  [
    'networks-exhausted',
    'failed to create network pl_default: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    'All address ranges',
  ],
  [
    'docker-denied',
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.45/containers/json": dial unix /var/run/docker.sock: connect: permission denied',
    'no permission to use the Docker socket',
  ],
  [
    'docker-denied',
    'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock',
    'no permission to use the Docker socket',
  ],
  [
    'docker-down',
    'Cannot connect to the Docker daemon at unix:///nope.sock. Is the docker daemon running?',
    'does not run',
  ],
  [
    'docker-down',
    'failed to connect to the docker API at unix:///nope.sock; check if the path is correct and if the daemon is running: dial unix /nope.sock: connect: no such file or directory',
    'does not run',
  ],
  [
    'wrong-platform',
    'image with reference registry.lab:5000/shop/web:1 was found but does not match the specified platform: wanted linux/s390x, actual: linux/amd64',
    'no variant for linux/s390x',
  ],
  [
    'variable-missing',
    'error while interpolating services.a.image: required variable TAG is missing a value: TAG is not set',
    'The compose file needs TAG (TAG is not set).',
  ],
  [
    'image-name',
    `time="2026-11-21T10:44:02Z" level=warning msg="The \\"TAG\\" variable is not set. Defaulting to a blank string."
unable to get image 'Bad Image:': Error response from daemon: invalid reference format: repository name (library/Bad Image) must be lowercase`,
    'Bad Image: is not a valid image reference',
  ],
  [
    'compose-file',
    'validating /tmp/f/compose.yml: services.a Additional property imag is not allowed',
    'services.a Additional property imag is not allowed',
  ],
  ['compose-file', "validating /tmp/f/compose.yml: services.a additional properties 'imag' not allowed", "'imag'"],
  ['compose-file', 'yaml: line 3: did not find expected node content', 'line 3'],
  [
    'compose-file',
    'go-yaml load error in parser (while parsing a flow node) at L4.C1: did not find expected node content',
    'L4.C1',
  ],
  [
    'compose-file',
    'env file /tmp/f/nope.env not found: stat /tmp/f/nope.env: no such file or directory',
    'nope.env not found',
  ],
  ['compose-file', 'open /tmp/f/nope.yml: no such file or directory', 'nope.yml'],
  [
    'compose-file',
    'compose file "/tmp/f/nope.yml" is invalid: open /tmp/f/nope.yml: no such file or directory',
    'nope.yml',
  ],
  ['compose-file', 'service "a" depends on undefined service "zz": invalid compose project', 'undefined service "zz"'],
] as const

/** From the sources and issues of Docker and of registries. */
const known = [
  [
    'rate-limit',
    'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating',
    'too many',
  ],
  ['no-space', 'failed to register layer: write /usr/bin/app: no space left on device', 'no space left'],
  [
    'plain-http',
    'Get "https://10.0.0.5:5000/v2/": http: server gave HTTP response to HTTPS client',
    '10.0.0.5:5000 responded with HTTP instead of HTTPS',
  ],
  ['login-refused', 'Head "https://ghcr.io/v2/acme/web/manifests/1": denied: denied', 'ghcr.io refused access'],
  [
    'login-refused',
    "pull access denied for acme/web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'access to acme/web: it does not exist, or',
  ],
  [
    'wrong-platform',
    'no matching manifest for linux/arm64/v8 in the manifest list entries',
    'no variant for linux/arm64/v8',
  ],
  [
    'registry-unreachable',
    'Get "https://ghcr.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'ghcr.io did not respond',
  ],
  ['registry-unreachable', 'received unexpected HTTP status: 503 Service Unavailable', '503 Service Unavailable'],
  [
    'registry-unreachable',
    'unexpected status from HEAD request to https://r.io/v2/a/manifests/1: 502 Bad Gateway',
    'r.io',
  ],
  ['registry-unreachable', 'no end after 300 s', 'no end after 300 s'],
  [
    'image-missing',
    'failed to resolve reference "ghcr.io/acme/web:nope": ghcr.io/acme/web:nope: not found',
    'There is no ghcr.io/acme/web:nope',
  ],
  ['port-taken', 'failed to bind host port 0.0.0.0:80/tcp: address already in use', '0.0.0.0:80 of the server'],
  ['port-taken', 'failed to bind host port for 0.0.0.0:80:172.18.0.2:80/tcp: address already in use', '0.0.0.0:80 of'],
  ['external-missing', 'external volume "data" not found', 'volume "data"'],
  ['command-missing', 'exec /app/start.sh: exec format error', 'another processor'],
] as const

describe('readFailure', () => {
  it.each([...recorded, ...known])('finds %s in %j', (code, said, message) => {
    const failure = readFailure(said)
    expect(failure?.code).toBe(code)
    expect(failure?.message).toContain(message)
  })

  it.each([
    ['Head "https://ghcr.io/v2/acme/web/manifests/1": denied: denied', 'The registry refused access'],
    [
      'image with reference acme/web:1 was found but does not match the specified platform: wanted linux/s390x, actual: linux/amd64',
      "The image is not built for the server's processor",
    ],
  ])('gives %j a title', (said, title) => expect(readFailure(said)?.title).toBe(title))

  it('leaves progress out of a cause that no rule knows, and shows it once', () => {
    const printed = [
      ' Network shop_default  Creating ',
      ' Container shop-web-1  Created ',
      ' Container shop-db-1  Healthy ',
      'Error response from daemon: something new',
      'Error response from daemon: something new',
    ]
    expect(withoutNoise(printed.join('\n'))).toBe('Error response from daemon: something new')
  })

  it('leaves warnings out of what is wrong with a compose file', () => {
    const said = 'time="2026-01-01" level=warning msg="x"\nyaml: line 3: mapping values are not allowed here\n'
    expect(readFailure(said)?.message).toBe('yaml: line 3: mapping values are not allowed here')
  })

  it.each(['', 'Container shop-web-1 Started', 'something else went wrong'])('knows nothing of %j', said => {
    expect(readFailure(said)).toBeUndefined()
  })
})
