/**
 * What Coolify's OpenAPI description (openapi.json of github.com/coollabsio/coolify at 379abb252621, version 4.3.11) says of
 * the calls of the fake, as a list of our own. `compare-openapi.ts` tells where a newer one differs.
 */
export interface CallFact {
  readonly query?: readonly string[]
  /** Other than 400 and 401, which each has. */
  readonly statuses?: readonly number[]
  /** Keys of the answer, or the schema of it; `[]` for a list. None for a text. */
  readonly answer?: readonly string[] | keyof typeof SCHEMAS | `${keyof typeof SCHEMAS}[]`
}

const QUEUED = ['message', 'deployment_uuid'] as const
const MISSING = { statuses: [404] } as const

export const CALLS: Readonly<Record<string, CallFact>> = {
  'GET /version': {},
  'GET /health': {},
  'POST /deploy': { query: ['tag', 'uuid', 'force', 'pr', 'pull_request_id', 'docker_tag'], answer: ['deployments'] },
  'GET /deployments': { answer: 'ApplicationDeploymentQueue[]' },
  'GET /deployments/applications/{uuid}': { query: ['skip', 'take'], answer: 'Application[]' },
  'GET /deployments/{uuid}': { ...MISSING, answer: 'ApplicationDeploymentQueue' },
  'POST /deployments/{uuid}/cancel': { statuses: [403, 404], answer: ['message', 'deployment_uuid', 'status'] },
  'GET /applications': { query: ['tag'], answer: 'Application[]' },
  'GET /applications/{uuid}': { ...MISSING, answer: 'Application' },
  'PATCH /applications/{uuid}': { statuses: [404, 409], answer: ['uuid'] },
  'POST /applications/{uuid}/start': { ...MISSING, query: ['force', 'instant_deploy'], answer: QUEUED },
  'POST /applications/{uuid}/restart': { ...MISSING, answer: QUEUED },
  'POST /applications/{uuid}/stop': { ...MISSING, query: ['docker_cleanup'], answer: ['message'] },
  'GET /applications/{uuid}/logs': { ...MISSING, query: ['lines', 'show_timestamps'], answer: ['logs'] },
  'GET /applications/{uuid}/envs': { ...MISSING, answer: 'EnvironmentVariable[]' },
  'PATCH /applications/{uuid}/envs/bulk': { ...MISSING, answer: 'EnvironmentVariable[]' },
  'GET /applications/{uuid}/rollback-images': { ...MISSING, answer: ['current', 'images'] },
  'POST /applications/{uuid}/rollback': { statuses: [404, 422], answer: QUEUED },
  'DELETE /applications/{uuid}/previews/{pull_request_id}': { statuses: [404, 422], answer: ['message'] },
  'GET /services': { answer: 'Service[]' },
  'GET /services/{uuid}': { ...MISSING, answer: 'Service' },
  'GET /services/{uuid}/envs': { ...MISSING, answer: 'EnvironmentVariable[]' },
  'PATCH /services/{uuid}/envs/bulk': { statuses: [404, 422], answer: 'EnvironmentVariable[]' },
  'POST /services/{uuid}/start': { ...MISSING, answer: ['message'] },
  'POST /services/{uuid}/restart': { ...MISSING, query: ['latest'], answer: ['message'] },
  'POST /services/{uuid}/stop': { ...MISSING, query: ['docker_cleanup'], answer: ['message'] },
  'GET /databases/{uuid}': MISSING,
  'POST /databases/{uuid}/start': { ...MISSING, answer: ['message'] },
  'POST /databases/{uuid}/restart': { ...MISSING, answer: ['message'] },
}

/** The described keys of what is answered as a whole. */
export const SCHEMAS = {
  ApplicationDeploymentQueue: words(`id application_id deployment_uuid pull_request_id docker_registry_image_tag
    configuration_hash configuration_snapshot configuration_diff force_rebuild commit status is_webhook is_api created_at
    updated_at logs current_process_id restart_only git_type server_id application_name server_name deployment_url
    destination_id only_this_server rollback commit_message`),
  Application: words(`base_directory build_command build_pack compose_parsing_version config_hash created_at
    custom_docker_run_options custom_healthcheck_found custom_labels custom_network_aliases custom_nginx_configuration
    deleted_at description destination_id destination_type docker_compose docker_compose_custom_build_command
    docker_compose_custom_start_command docker_compose_domains docker_compose_location docker_compose_raw
    docker_registry_image_name docker_registry_image_tag dockerfile dockerfile_location dockerfile_target_build
    environment_id fqdn git_branch git_commit_sha git_full_url git_repository health_check_command health_check_enabled
    health_check_host health_check_interval health_check_method health_check_path health_check_port
    health_check_response_text health_check_retries health_check_return_code health_check_scheme health_check_start_period
    health_check_timeout health_check_type http_basic_auth_password http_basic_auth_username id install_command
    is_http_basic_auth_enabled limits_cpu_shares limits_cpus limits_cpuset limits_memory limits_memory_reservation
    limits_memory_swap limits_memory_swappiness manual_webhook_secret_bitbucket manual_webhook_secret_gitea
    manual_webhook_secret_github manual_webhook_secret_gitlab max_restart_count name noindex_domains ports_exposes
    ports_mappings post_deployment_command post_deployment_command_container pre_deployment_command
    pre_deployment_command_container preview_url_template private_key_id publish_directory redirect repository_project_id
    settings source_id start_command static_image status swarm_placement_constraints swarm_replicas updated_at uuid
    watch_paths`),
  Service: words(`id uuid name environment_id server_id description docker_compose_raw docker_compose destination_type
    destination_id connect_to_docker_network is_container_label_escape_enabled is_container_label_readonly_enabled
    config_hash service_type created_at updated_at deleted_at`),
  EnvironmentVariable: words(`id uuid resourceable_type resourceable_id is_literal is_multiline is_preview is_runtime
    is_buildtime is_shared is_shown_once key value real_value comment version created_at updated_at`),
} as const

/** The fields that `PATCH /applications/{uuid}` is described to take. */
export const PATCH_FIELDS = words(`base_directory build_command build_pack connect_to_docker_network
  custom_docker_run_options custom_internal_name custom_labels description destination_uuid disable_build_cache
  docker_compose_custom_build_command docker_compose_custom_start_command docker_compose_domains docker_compose_location
  docker_images_to_keep docker_registry_image_name docker_registry_image_tag dockerfile dockerfile_location domains
  environment_name force_domain_override git_branch git_commit_sha git_repository github_app_uuid gpu_count gpu_device_ids
  gpu_driver gpu_options health_check_enabled health_check_host health_check_interval health_check_method health_check_path
  health_check_port health_check_response_text health_check_retries health_check_return_code health_check_scheme
  health_check_start_period health_check_timeout include_source_commit_in_build inject_build_args_to_dockerfile
  install_command instant_deploy is_auto_deploy_enabled is_consistent_container_name_enabled
  is_container_label_escape_enabled is_env_sorting_enabled is_force_https_enabled is_git_lfs_enabled
  is_git_shallow_clone_enabled is_git_submodules_enabled is_gpu_enabled is_gzip_enabled is_log_drain_enabled
  is_pr_deployments_public_enabled is_preserve_repository_enabled is_preview_deployments_enabled
  is_raw_compose_deployment_enabled is_spa is_static is_stripprefix_enabled limits_cpu_shares limits_cpus limits_cpuset
  limits_memory limits_memory_reservation limits_memory_swap limits_memory_swappiness manual_webhook_secret_bitbucket
  manual_webhook_secret_gitea manual_webhook_secret_github manual_webhook_secret_gitlab max_restart_count name
  noindex_domains ports_exposes ports_mappings post_deployment_command post_deployment_command_container
  pre_deployment_command pre_deployment_command_container preview_url_template project_uuid publish_directory redirect
  server_uuid start_command stop_grace_period use_build_secrets use_build_server watch_paths`)

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
