/** The version of the HTTP contract, as OpenAPI documents carry it. */

/** That of `package.json`; major and minor are those of `docs/contract.md`. A test holds the three together. */
export const contractVersion = '1.1.0'
