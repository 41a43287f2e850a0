import { containersCommand } from '@deploy-actions/testkit/compose-commands'

/** The same shell scripts for a real engine and for the stub. What they print is compared. */
export type Step =
  | { readonly name: string; readonly script: string; readonly newestOnly?: boolean }
  | { readonly name: string; readonly engine: 'stop' | 'start' | 'kill' | 'import' }

export const REGISTRY = 'registry.lab:5000'
export const APP = `${REGISTRY}/app`

/** The password of the registry lies in the file `password` of the directory that all scripts run in. */
const prelude = `
compose() { docker compose -p shop --project-directory "$PWD/shop" --file "$PWD/shop/compose.yaml" "$@"; }
up() { compose up -d --no-build; }
write() { mkdir -p shop && cat >shop/compose.yaml; }
# Until every container has its health.
settle() {
  count=0
  while docker ps -a --format '{{.Status}}' | grep -q 'health: starting'; do
    count=$((count + 1)) && [ "$count" -lt 150 ] || return 1
    sleep 0.2
  done
}
in_project() { docker ps -a --no-trunc --filter label=com.docker.compose.project=shop "$@"; }
states() { in_project --format '{{.Names}} {{.State}} {{.Image}} hash={{.Label "com.docker.compose.config-hash"}}' | sort; }
mounts() { docker inspect --format '{{range .Mounts}}{{$.Name}} {{.Destination}} {{.Type}} {{.Name}} {{.RW}}{{"\\n"}}{{end}}' $(docker ps -aq) | sort; }
images() { docker images --no-trunc --digests --format '{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}' | sort; }
first() { docker ps -aq --no-trunc --filter "name=$1"; }
id_of() { docker image inspect --format '{{.ID}}' "$1"; }
`

const step = (name: string, script: string, newestOnly = false): Step => ({
  name,
  script: `${prelude}\n${script}`,
  newestOnly,
})

const web = (more = '', tag = 'ok-v1') => `  web: { image: '${APP}:${tag}', restart: unless-stopped${more} }`
const db = `  db: { image: '${APP}:ok-v1', environment: { A: b } }`
const write = (services: string, more = '') => `write <<'COMPOSE'\nservices:\n${services}\n${more}\nCOMPOSE\n`

/** What our actions read of containers, as they read it. */
const [, , script = '', ...args] = containersCommand('shop')
const look = `sh -c '${script.replaceAll("'", "'\\''")}' ${args.map(arg => `'${arg}'`).join(' ')} | tail -n +2 | sort -t , -k 2`

export const pulling: readonly Step[] = [
  step(
    'client and engine',
    `docker version --format '{{.Server.Os}}/{{.Server.Arch}} {{.Server.Version}}' | cut -d . -f 1
docker compose version --short; docker context show
docker --version | cut -d ' ' -f 1,2; docker context inspect --format '{{.Endpoints.docker.Host}}'
[ -n "$(docker info --format '{{.ID}}')" ] && docker info --format '{{.DockerRootDir}}' | grep -c ^/`,
  ),
  step('pull without a login', `docker pull ${APP}:ok-v1`),
  step(
    'login with a wrong password',
    `echo wrong | docker --config "$PWD/config" login --username deployer --password-stdin ${REGISTRY} 2>/dev/null`,
  ),
  step(
    'login',
    `docker --config "$PWD/config" login --username deployer --password-stdin ${REGISTRY} <password 2>/dev/null && ls config`,
  ),
  step(
    'pull',
    ['ok-v1', 'ok-v2', 'crash', 'sick', 'none']
      .map(tag => `docker --config "$PWD/config" pull ${APP}:${tag}`)
      .join('\n'),
  ),
  step('pull what is there', `docker --config "$PWD/config" pull ${APP}:ok-v1`),
  step('images', 'images'),
  step(
    'image inspect',
    `for name in ${APP}:ok-v1 "$(id_of ${APP}:ok-v1)" "$(id_of ${APP}:ok-v1 | cut -c 8-19)" ${APP}:none none; do
  docker image inspect --format '{"id":{{json .ID}},"digests":{{json .RepoDigests}},"tags":{{json .RepoTags}}}' "$name" || echo "status $?"
done
docker image inspect --format '{{index .RepoDigests 0}}' ${APP}:ok-v1 >digest
docker --config "$PWD/config" pull "$(cat digest)"; id_of "$(cat digest)"`,
  ),
  step(
    'tag and rmi',
    `docker tag "$(id_of ${APP}:ok-v1)" ${APP}:deploy-1 && docker tag none ${APP}:x; docker tag ${APP}:ok-v1 other:1
images; docker rmi ${APP}:deploy-1 other:1 none:1; docker rmi "$(id_of ${APP}:ok-v2)" | grep -v Deleted; images
docker --config "$PWD/config" pull ${APP}:ok-v2 >/dev/null`,
  ),
]

export const composing: readonly Step[] = [
  step(
    'up',
    `${write(`${web(", depends_on: [db], volumes: ['data:/d', '/anonymous'], labels: { own: a }")}\n${db}`, 'volumes: { data: {} }')}up; settle; states`,
  ),
  step('look', look),
  step('labels', `docker inspect --format '{{json .Config.Labels}}' shop-web-1 shop-db-1`),
  step(
    'hashes',
    `compose config --format json | tr -d ' \\n' | cksum; compose config --images | sort; compose config --hash '*' | sort; compose config | docker compose -p shop --project-directory "$PWD/shop" -f - config --hash '*' | sort`,
  ),
  step(
    'networks and volumes',
    `mounts; docker volume ls -q | sort; docker volume ls -q --filter label=com.docker.compose.project=shop; docker network ls --format '{{.Name}}' | sort`,
  ),
  step('up again', 'up; states'),
  step(
    'up of named services',
    `${write(`${web(", depends_on: [db], volumes: ['data:/d', '/anonymous'], labels: { own: a }")}\n${db}\n  other: { image: '${APP}:ok-v1' }`, 'volumes: { data: {} }')}docker rm -f shop-web-1 >/dev/null; compose up -d --no-build web; settle; states; compose up -d --no-build db other; settle; states; docker rm -f shop-other-1`,
  ),
  step(
    'recreate',
    `${write(`${web(", environment: { C: d }, depends_on: [db], volumes: ['data:/d', '/anonymous']", 'ok-v2')}\n${db}`, 'volumes: { data: {} }')}mounts; up; settle; states; mounts; docker volume ls -q | wc -l`,
  ),
  step('labels of what was recreated', `docker inspect --format '{{json .Config.Labels}}' shop-web-1`),
  step(
    'remove with volumes what was recreated',
    `docker rm -f -v "$(first shop-web-1)" >/dev/null; docker volume ls -q | wc -l; up; settle; mounts; docker rm -f -v shop-web-1; docker volume ls -q | wc -l; up >/dev/null 2>&1; settle`,
  ),
  step(
    'start what was stopped',
    `docker stop shop-db-1; sleep 1; states; ${look} | grep '"name":"/shop-db-1"'; up; settle; states`,
  ),
  step(
    'scale',
    `${write(`  web: { image: '${APP}:ok-v1', scale: 3 }\n${db}`)}up; settle; states; ${write(`  web: { image: '${APP}:ok-v1', scale: 2 }\n${db}`)}up; states`,
  ),
  step('orphans', `${write(db)}up; states`),
  step(
    'what left: stopped, renamed, started, removed',
    `docker stop -t 5 shop-web-1 && docker rename "$(first shop-web-1)" left && states
docker rename left shop-db-1; docker rename none a; docker stop none; docker rm none; docker start none; docker rm shop-db-1
in_project --filter status=exited --format '{{.ID}} {{.Names}}'; in_project -q --filter status=running --filter status=restarting | wc -l
docker container inspect --format '{{.Name}} {{.Image}} {{.State.Status}} {{index .Config.Labels "com.docker.compose.service"}}' left
docker start left && settle && docker stop left && docker rm -v left; docker rm -f shop-web-2; docker rm -f none; states`,
  ),
  step(
    'container under a temporary name',
    `docker create --name "$(first shop-db-1 | cut -c 1-12)_shop-db-1" $(docker inspect --format '{{range $key, $value := .Config.Labels}}--label {{$key}}={{$value}} {{end}}' shop-db-1) ${APP}:ok-v1
states; in_project --filter status=created --format '{{.ID}} {{.Names}}'; up; settle; states
docker rm -f $(docker ps -aq) >/dev/null; up >/dev/null 2>&1; settle; states`,
  ),
  step(
    'container without its image',
    `docker rmi -f ${APP}:sick >/dev/null; ${write(`  web: { image: '${APP}:sick', pull_policy: never }\n${db}`)}up; states; docker --config "$PWD/config" pull ${APP}:sick >/dev/null`,
  ),
  step('recreated without its image', `${write(`  db: { image: '${APP}:none', pull_policy: never }`)}up; states`),
  step(
    'pull by up',
    `${write(`  web: { image: '${APP}:none' }`)}up; docker rmi -f ${APP}:sick >/dev/null; ${write(`  web: { image: '${APP}:sick' }`)}up; docker --config "$PWD/config" pull ${APP}:sick >/dev/null`,
  ),
  step(
    'name that is taken',
    `docker create --name mine ${APP}:ok-v1 >/dev/null; ${write(`  web: { image: '${APP}:ok-v1', container_name: mine }`)}up; docker rm mine`,
  ),
  step(
    'port that is taken',
    `${write(`  a: { image: '${APP}:ok-v1', ports: ['18080:8080'] }`)}up >/dev/null 2>&1; ${write(`  a: { image: '${APP}:ok-v1', ports: ['18080:8080'] }\n  b: { image: '${APP}:ok-v1', ports: ['18080:8080'] }`)}up 2>&1 | grep -o 'Bind for.*\\|port is already allocated' | tail -n 1; states; docker rm -f shop-a-1 shop-b-1`,
  ),
  step(
    'external',
    `${write(web(", volumes: ['data:/d']"), 'volumes: { data: { external: true, name: none } }')}up; ${write(web(', networks: [n]'), 'networks: { n: { external: true, name: missing } }')}up`,
  ),
  step(
    'no service, invalid file',
    `${write('  web: { image: x, profiles: [none] }')}up; ${write('  web: { image: x, imagee: y }')}up; compose config >/dev/null`,
  ),
  step(
    'dependency that is healthy',
    `${write(`${web(', depends_on: { db: { condition: service_healthy } }')}\n${db}`)}up; states`,
  ),
  step(
    'dependency that is not healthy',
    `${write(`${web(', depends_on: { bad: { condition: service_healthy } }')}\n  bad: { image: '${APP}:sick' }`)}up; states; docker rm -f shop-bad-1 shop-web-1 >/dev/null`,
  ),
  step(
    'dependency that fails',
    `${write(`${web(', depends_on: { task: { condition: service_completed_successfully } }')}\n  task: { image: '${APP}:crash' }`)}up; states; docker logs --tail 1 shop-task-1 2>&1`,
  ),
  step(
    'crash loop',
    `${write(`  loop: { image: '${APP}:crash', restart: always }`)}up >/dev/null 2>&1
count=0; until [ "$(docker inspect --format '{{.State.Status}}' shop-loop-1)" = restarting ] || [ "$count" = 100 ]; do count=$((count + 1)); sleep 0.1; done
in_project --format '{{.Names}} {{.State}}' --filter status=restarting; docker rm shop-loop-1 2>/dev/null || echo refused; docker stop shop-loop-1; docker rm shop-loop-1`,
  ),
]

/** What an `up` leaves that was killed in the middle of a recreation: a new container under a temporary name. */
const cutOff = (network: string) => `new=$(compose config --hash db | cut -d ' ' -f 2)
docker create --network ${network} --name "$(first shop-db-1 | cut -c 1-12)_shop-db-1" $(docker inspect --format '{{range $key, $value := .Config.Labels}}--label {{$key}}={{$value}} {{end}}' shop-db-1 | sed "s/config-hash=[0-9a-f]*/config-hash=$new/") ${APP}:ok-v1 >/dev/null`

const release = `release() { (cd shop && docker compose -p shop --project-directory "$PWD" --env-file .env -f compose.yaml -f images.yml "$@"); }`

export const recovering: readonly Step[] = [
  step(
    'cut off in the middle of a recreation',
    `docker rm -f $(docker ps -aq) >/dev/null; ${write(db)}up >/dev/null 2>&1; ${write(db.replace('A: b', 'A: c'))}${cutOff('shop_default')}; states; up; settle; states; docker rm -f $(docker ps -aq) >/dev/null`,
    // An old Compose creates the new container before it removes this one, and fails: its name is taken.
    true,
  ),
  step(
    'cut off before the new name',
    `docker rm -f $(docker ps -aq) >/dev/null 2>&1; ${write(db)}up >/dev/null 2>&1; ${write(db.replace('A: b', 'A: c'))}${cutOff('shop_default')}; docker rm -f shop-db-1; states; up; settle; states; up; states; docker rm -f $(docker ps -aq) >/dev/null`,
  ),
  step(
    'container outside of the network',
    `${write(db)}up >/dev/null 2>&1; ${write(db.replace('A: b', 'A: c'))}${cutOff('bridge')}; docker rm -f shop-db-1; up; settle; states; up; states; docker rm -f $(docker ps -aq) >/dev/null`,
    // An old Compose does not look at networks.
    true,
  ),
  step(
    'a release: env, pins, secret, bind, port, healthcheck',
    `mkdir -p shop; echo V=1 >shop/.env; echo s >shop/secret; echo E=1 >shop/a.env; ${release}
${write(
  `  web: { image: 'x:\${V}', env_file: a.env, environment: { V: '\${V}' }, secrets: [s], volumes: ['./a.env:/a.env:ro', './made:/made'], ports: ['127.0.0.1:18081:8080'], depends_on: { db: { condition: service_started, restart: true } } }
  db: { image: x, healthcheck: { disable: true }, deploy: { replicas: 2 } }
  checked: { image: x, healthcheck: { test: [CMD, /bin/busybox, 'true'], interval: 1s } }`,
  'secrets: { s: { file: ./secret } }',
)}cat >shop/images.yml <<'PINS'
services: { web: { image: '${APP}:ok-v1', pull_policy: never, labels: { l: '$$x' } }, db: { image: '${APP}:ok-v1', pull_policy: never }, checked: { image: '${APP}:ok-v1', pull_policy: never } }
PINS
release up -d --no-build; settle; states; mounts; ls -d shop/made; ${look}; release config --hash '*' | sort; release config >resolved; release config --images | sort
docker inspect --format '{{json .NetworkSettings.Networks}}' shop-web-1 | grep -o '"shop_default"'; docker inspect --format '{{.HostConfig.NetworkMode}}' shop-web-1`,
  ),
  step(
    'a release again, with a new dependency',
    `${release}; release up -d --no-build; sed -i 's/disable: true/disable: true, start_period: 1s/' shop/compose.yaml; release up -d --no-build; settle; states; release down; states`,
  ),
]

export const keeping: readonly Step[] = [
  step(
    'hold containers',
    `docker container inspect deploy-holds >/dev/null 2>&1 || docker create --name deploy-holds --network none --label deploy-actions.holds=shop --entrypoint hold "$(id_of ${APP}:ok-v2)" >/dev/null
docker ps -a --filter label=deploy-actions.holds=shop --format '{{.Names}} {{.State}}'; docker container inspect --format '{{.Name}}' deploy-holds
docker create --name none --network none --entrypoint hold sha256:$(printf %064d 1) 2>/dev/null; echo "status $?"; docker create --name none --pull never none:1; docker create --name none --network missing ${APP}:ok-v2 >/dev/null; docker start none; docker rm none`,
  ),
  step(
    'running hold containers',
    `hold() { docker run -d --pull never --restart always --stop-signal KILL --no-healthcheck --log-driver none --user 0:0 --workdir / --read-only --cap-drop ALL --security-opt no-new-privileges --env LD_PRELOAD= --env LD_LIBRARY_PATH= --label traefik.enable=false --name sleeps --label deploy-actions.holds=shop "$@" --entrypoint /usr/bin/sleep "$(id_of ${APP}:crash)" 2147483647; }
hold --network none --mount type=bind,src=/none,dst=/none,readonly; echo "status $?"; hold --network missing; echo "status $?"; docker rm -f -v sleeps
hold --network none --mount type=bind,src=/usr/bin,dst=/usr/bin,readonly --mount type=bind,src=/usr/lib,dst=/usr/lib,readonly --mount type=bind,src=/lib,dst=/lib,readonly --mount type=bind,src=/lib64,dst=/lib64,readonly >/dev/null
docker exec sleeps /usr/bin/sleep 0; echo "status $?"; docker exec deploy-holds /usr/bin/sleep 0; echo "status $?"; docker exec none /usr/bin/sleep 0; echo "status $?"
 docker ps --filter label=deploy-actions.holds=shop --filter status=running --format '{{.Names}} {{.State}}'; docker ps -a --filter label=deploy-actions.holds=shop --format '{{.Names}}' | sort
docker container inspect --format '{{.State.Status}} {{.State.Health}} {{json .Config.Labels}} {{.Config.Entrypoint}} {{.Config.Cmd}} {{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}}' sleeps
docker image inspect --format '{{with .Config}}{{with .Labels}}{{index . "dev.deploy-actions.lab-image"}}{{end}}{{end}}' ${APP}:crash; in_project --filter label=com.docker.compose.oneoff=False --filter status=running -q | wc -l
docker container prune -f >/dev/null; docker image prune -af >/dev/null; docker image inspect --format '{{.ID}}' "$(docker inspect --format '{{.Image}}' sleeps)" && docker rm -f -v sleeps
for tag in ok-v1 ok-v2 crash sick; do docker --config "$PWD/config" pull ${APP}:$tag >/dev/null; done
docker create --name deploy-holds --network none --label deploy-actions.holds=shop --entrypoint hold "$(id_of ${APP}:ok-v2)" >/dev/null`,
  ),
  step(
    'images in use',
    `${write(web())}up >/dev/null 2>&1; settle; docker tag ${APP}:ok-v1 ${APP}:deploy-1
docker rmi ${APP}:ok-v2; docker rmi "$(id_of ${APP}:ok-v1)"; docker rmi ${APP}:ok-v1; docker rmi ${APP}:deploy-1; docker rmi -f "$(id_of ${APP}:deploy-1)"; images`,
  ),
  step(
    'image prune',
    `docker tag "$(docker inspect --format '{{.Image}}' shop-web-1)" ${APP}:a; docker tag ${APP}:a ${APP}:b; docker tag ${APP}:a other:1
docker image prune -f >/dev/null; images; docker image prune -af >/dev/null; images`,
  ),
  { name: 'an image that has a volume', engine: 'import' },
  step(
    'container prune',
    `docker create $(docker inspect --format '{{.Image}}' shop-web-1) >/dev/null; docker ps -aq | wc -l; docker container prune -f >/dev/null; docker ps -aq | wc -l`,
  ),
  step(
    'volumes of an image: recreated, removed',
    `docker run -d --name stored --label a=b --restart always stored:1 >/dev/null; mounts; docker rm -f -v stored; docker volume ls -q | wc -l
${write(`  stored: { image: 'stored:1' }`)}up >/dev/null 2>&1; mounts; ${write(`  stored: { image: 'stored:1', environment: { A: b } }`)}up >/dev/null 2>&1; mounts; docker rm -f -v shop-stored-1; docker volume ls -q | wc -l
docker create --name stored stored:1 >/dev/null; docker volume ls -q | wc -l; docker rm -v stored; docker volume ls -q | wc -l`,
  ),
  step(
    'update and kill',
    `docker run -d --name other --pull never stored:1 >/dev/null; docker update --restart always other; docker inspect --format '{{json .HostConfig.RestartPolicy}}' other; docker kill other; docker kill other; docker rm -v other; docker rm other; docker kill other; docker run -d --name deploy-holds stored:1; docker run -d --pull never none:1`,
  ),
  step(
    'objects that do not exist',
    `docker inspect missing; docker container inspect missing; docker volume inspect missing; docker network inspect missing; docker logs missing; docker volume rm missing`,
  ),
  step(
    'down',
    `compose config --hash '*' >/dev/null; (cd / && docker compose -p shop --project-directory / down --remove-orphans); states; docker network ls --format '{{.Name}}' | sort; docker volume ls -q | wc -l; (cd / && docker compose --project-name shop --project-directory / down --remove-orphans)`,
  ),
]

/** Restart policies, and an engine that does not respond. */
export const restarting: readonly Step[] = [
  step(
    'before',
    `docker tag stored:1 s:1; ${write(['always', 'unless-stopped', 'on-failure', 'no'].map(policy => `  ${policy}: { image: 's:1', restart: '${policy}' }`).join('\n'))}up >/dev/null 2>&1
for policy in always unless-stopped; do docker run -d --name "stopped-$policy" --restart "$policy" s:1 >/dev/null; docker stop -t 1 "stopped-$policy"; done
docker create --name created --restart always s:1 >/dev/null; docker ps -a --format '{{.Names}} {{.State}}' | sort`,
  ),
  { name: 'stop the engine', engine: 'stop' },
  step(
    'without an engine',
    `docker ps -q; docker version --format '{{.Server.Version}}' >/dev/null; docker container inspect x; docker image inspect --format '{{.ID}}' s:1; docker tag a b; compose config --services | sort; (cd / && docker compose -p shop --project-directory / down --remove-orphans); up; docker context show`,
  ),
  { name: 'start the engine', engine: 'start' },
  step(
    'afterwards',
    `docker ps -a --format '{{.Names}} {{.State}}' | sort; docker inspect --format '{{.Name}} {{.RestartCount}}' $(docker ps -aq) | sort`,
  ),
  step(
    'killed: before',
    `${write(['always', 'unless-stopped', 'on-failure', 'no'].map(policy => `  ${policy}: { image: 's:1', restart: '${policy}' }`).join('\n'))}up >/dev/null 2>&1; docker ps -a --format '{{.Names}} {{.State}}' | sort`,
  ),
  { name: 'kill the engine, and start it', engine: 'kill' },
  step(
    'killed: afterwards',
    `sleep 1; docker inspect --format '{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' $(docker ps -aq) | sort; up; docker ps -a --format '{{.Names}} {{.State}}' | sort`,
  ),
  step(
    'system prune',
    `docker stop -t 1 shop-always-1 >/dev/null; docker system prune -af >/dev/null; states; images; docker network ls --format '{{.Name}}' | sort; docker volume ls -q | wc -l`,
  ),
]

/** On a real engine: makes the image `stored:1` out of one that is there, with a volume and no healthcheck. */
export const importStored = `docker export $(docker create --name exported $(docker inspect --format '{{.Image}}' shop-web-1)) | docker import --change 'VOLUME /data' \\
  --change 'ENTRYPOINT ["/bin/sh", "/app"]' --change 'ENV BEHAVIOUR=ok VERSION=v1' - stored:1 && docker rm exported`
