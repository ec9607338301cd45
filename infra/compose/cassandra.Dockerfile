# Cassandra with the agent that shows its metrics to Prometheus.
ARG CASSANDRA_IMAGE=cassandra:5.0
FROM maven:3.9-eclipse-temurin-17 AS agent
RUN mvn -q -B dependency:copy -Dartifact=io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1 \
  -DoutputDirectory=/agent -Dmdep.stripVersion=true

FROM ${CASSANDRA_IMAGE}
COPY --from=agent /agent/jmx_prometheus_javaagent.jar /opt/
