# Stands for the official node image where no image registry can be reached: Debian's node, and no shell.
FROM scratch
ARG TARGETARCH
COPY ${TARGETARCH} /
