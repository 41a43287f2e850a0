#!/usr/bin/env bash
set -euo pipefail

case "$SCAN_TYPE $FORMAT" in
  "fs cyclonedx")
    [ -d "$SCAN_REF" ]
    node -e '
      const [name, file] = process.argv.slice(1)
      const metadata = { component: { type: "application", name } }
      const bom = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1, metadata, components: [] }
      require("node:fs").writeFileSync(file, JSON.stringify(bom, null, 2) + "\n")
    ' "$SCAN_REF" "$OUTPUT"
    ;;
  "image table")
    # The image must be in the registry, and readable with the login of this job.
    docker exec --env "DOCKER_CONFIG=/tmp/login/$RUNNER_TEMP" "$LAB_BUILDER" docker pull --quiet "$IMAGE_REF"
    # shellcheck disable=SC2016 # for node
    node -e '
      const [file, severities, status] = process.argv.slice(1)
      const { Results } = JSON.parse(require("node:fs").readFileSync(file, "utf8"))
      const found = Results.flatMap(({ Vulnerabilities }) => Vulnerabilities ?? [])
        .filter(({ Severity }) => severities.split(",").includes(Severity))
      for (const { PkgName, VulnerabilityID, Severity, InstalledVersion } of found)
        console.log(`${PkgName} ${VulnerabilityID} ${Severity} ${InstalledVersion}`)
      console.log(`${found.length} findings of ${severities}`)
      if (found.length > 0) process.exitCode = Number(status)
    ' "$GITHUB_ACTION_PATH/reports/${LAB_SCAN_REPORT:-clean}.json" "$SEVERITY" "$EXIT_CODE"
    ;;
  *)
    echo "the stand-in does not know the scan of $SCAN_TYPE as $FORMAT" >&2
    exit 2
    ;;
esac
