/** Where the description says something else than the source does. The fake follows the source in all of these. */
export interface Disagreement {
  readonly call: string
  readonly described: string
  readonly real: string
  readonly source: string
}

const AT = 'https://github.com/coollabsio/coolify/blob/379abb252621f34b318190bd49b614aed9818716'
const DEPLOY = `${AT}/app/Http/Controllers/Api/DeployController.php`
const APPS = `${AT}/app/Http/Controllers/Api/ApplicationsController.php`

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    call: 'POST /deploy',
    described: 'answers a list of deployments, each with a deployment_uuid',
    real: 'by tag it answers `message` (a list) and `details`; services, databases and what was not done have no deployment_uuid; the one of a duplicate belongs to nothing',
    source: `${DEPLOY}#L469`,
  },
  {
    call: 'POST /deploy',
    described: 'answers 200, 400 and 401',
    real: 'also 404 when nothing is found, 403 of the middleware, and 429 with Retry-After when the queue is full',
    source: `${DEPLOY}#L420`,
  },
  {
    call: 'GET /deploy',
    described: 'nothing',
    real: '405 with Allow: POST, as for start, stop and restart of each kind',
    source: `${AT}/app/Http/Controllers/Api/OtherController.php#L13`,
  },
  {
    call: 'GET /deployments',
    described: 'a list',
    real: 'a list sorted by id that keeps its keys, so an object when the database gave them in another order',
    source: `${DEPLOY}#L76`,
  },
  {
    call: 'GET /deployments/applications/{uuid}',
    described: 'a list of applications',
    real: '`count` and `deployments`, newest first; 404 for an unknown application, 422 for a bad page',
    source: `${AT}/app/Models/Application.php#L1118`,
  },
  {
    call: 'GET /deployments/{uuid}',
    described: 'has logs, configuration_snapshot and configuration_diff',
    real: 'the last two never; logs with read:sensitive only; and application, with its environment, project and team',
    source: `${AT}/app/Models/ApplicationDeploymentQueue.php#L86`,
  },
  {
    call: 'GET /deployments/{uuid}',
    described: 'knows build_server_id, finished_at, horizon_job_id and horizon_job_worker not',
    real: 'has them, for they are columns of the table',
    source: `${AT}/app/Models/ApplicationDeploymentQueue.php#L47`,
  },
  {
    call: 'GET /applications/{uuid}',
    described: 'has id, and the secrets',
    real: 'never its id; custom_labels, dockerfile, docker_compose, docker_compose_raw, http_basic_auth_password and manual_webhook_secret_* with read:sensitive only',
    source: `${APPS}#L100`,
  },
  {
    call: 'GET /applications/{uuid}',
    described: 'does not know last_online_at, restart_count and server_status',
    real: 'has them; last_online_at is when its status was seen last, without a time zone, in whole seconds',
    source: `${AT}/app/Models/Application.php#L312`,
  },
  {
    call: 'PATCH /applications/{uuid}',
    described: 'takes project_uuid, server_uuid, environment_name, destination_uuid, github_app_uuid and dockerfile',
    real: 'answers 422 "This field is not allowed." to them',
    source: `${APPS}#L2801`,
  },
  {
    call: 'PATCH /applications/{uuid}',
    described: 'answers 200, 400, 401, 404 and 409',
    real: 'also 422, whose errors are lists, but a text in the checks that are done by hand',
    source: `${APPS}#L2828`,
  },
  {
    call: 'POST /applications/{uuid}/start',
    described: 'answers a deployment_uuid',
    real: 'a duplicate has none, and with a full queue it belongs to nothing; restart likewise',
    source: `${APPS}#L4064`,
  },
  {
    call: 'POST /applications/{uuid}/rollback',
    described: '400 is an invalid token',
    real: '400 is a body that is no JSON, or a full queue; the body is looked at before the application',
    source: `${APPS}#L5575`,
  },
  {
    call: 'POST /services/{uuid}/restart',
    described: 'an example of the message with a misspelt word',
    real: '"Service restarting request queued."',
    source: `${AT}/app/Http/Controllers/Api/ServicesController.php#L2268`,
  },
  {
    call: 'GET /services/{uuid}',
    described: 'has id and docker_compose, and no status',
    real: 'never its id; the compose file with read:sensitive only; and status, applications, databases and server_status',
    source: `${AT}/app/Models/Service.php#L67`,
  },
  {
    call: 'GET /databases/{uuid}',
    described: 'a text',
    real: 'an object',
    source: `${AT}/app/Http/Controllers/Api/DatabasesController.php#L319`,
  },
  {
    call: 'GET /applications/{uuid}/envs',
    described: 'has value, real_value and resourceable_*',
    real: 'value and real_value with read:sensitive only, and not of a locked one; resourceable_* and id never',
    source: `${APPS}#L100`,
  },
  {
    call: 'any',
    described: '400 for an invalid token, 429 without a word on which calls',
    real: '401 "Unauthenticated." or "Invalid token."; 403 for rights, the IP list and a switched-off API (with success: true); 429 for any call; 404 with docs for an unknown path or method',
    source: `${AT}/routes/api.php`,
  },
]
