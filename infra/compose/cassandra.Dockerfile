# Cassandra with the agent that shows its metrics to Prometheus.
ARG CASSANDRA_IMAGE=cassandra:5.0
ARG MAVEN_IMAGE=maven:3.9-eclipse-temurin-17
FROM ${MAVEN_IMAGE} AS agent
COPY infra/cassandra/jmx_exporter.sha256 /agent/
RUN mvn -q -B -C dependency:copy -Dartifact=io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1 \
  -DoutputDirectory=/agent && cd /agent && sha256sum -c jmx_exporter.sha256

FROM ${CASSANDRA_IMAGE}
COPY --from=agent /agent/jmx_prometheus_javaagent-1.0.1.jar /opt/jmx_prometheus_javaagent.jar
