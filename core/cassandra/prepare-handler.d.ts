/** The one piece of the driver that it does not export: preparing a statement without running it. */
declare module 'cassandra-driver/lib/prepare-handler.js' {
  import type { Client, policies } from 'cassandra-driver'

  const PrepareHandler: {
    getPrepared(
      client: Client,
      loadBalancing: policies.loadBalancing.LoadBalancingPolicy,
      query: string,
      keyspace: string | undefined,
    ): Promise<unknown>
  }
  export default PrepareHandler
}
