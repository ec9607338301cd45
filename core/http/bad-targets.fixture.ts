/** Request targets that must be refused, as bytes on a request line: one corpus for all who listen. */

const deep = `${'/a'.repeat(40)}${'/..'.repeat(40)}`

/**
 * Disguises of `<prefix>/<aim>`, and targets that are bad by themselves.
 *
 * @param prefix of a service at a gateway; empty at the service
 * @param aim a path that is not for the outside, or any other, without its first slash
 */
export const badTargetsFor = (prefix: string, aim: string): readonly string[] => [
  `${prefix}/.\\${aim}`,
  `${prefix}/..\\${aim}`,
  `${prefix}/x\\..\\${aim}`,
  `${prefix}/x\\..\\..${prefix}/${aim}`,
  `${prefix}/x\\y`,
  `${prefix}/x/y\\`,
  `${prefix}/x/\\y/`,
  `${prefix}/./${aim}`,
  `${prefix}/x/../${aim}`,
  `${prefix}/%2e/${aim}`,
  `${prefix}/%2E/${aim}`,
  `${prefix}/x/%2e%2e/${aim}`,
  `${prefix}/x/.%2E/${aim}`,
  `${prefix}/x/..;/${aim}`,
  `${prefix}/x/.;y/${aim}`,
  `${prefix}/x/..%3b/${aim}`,
  `${prefix}/${aim}/.`,
  `${prefix}/${aim}/..`,
  `${prefix}/${aim}/..?x=1`,
  `${prefix}/x%2f..%2f${aim}`,
  `${prefix}/x%2F${aim}`,
  `${prefix}/x%5c${aim}`,
  `${prefix}/.%5C${aim}`,
  `${prefix}/${aim}#x`,
  `${prefix}/x#/../${aim}`,
  `${prefix}/${aim}?x=1#y`,
  `${prefix}/x%00y`,
  `${prefix}/x%0d%0ay`,
  `${prefix}/x%1fy`,
  `${prefix}/x%7fy`,
  `${prefix}/x\u007fy`,
  `${prefix}/%zz`,
  `${prefix}/x%`,
  `${prefix}/x%2`,
  `${prefix}/x%c0%af${aim}`,
  `${prefix}/x%e0%80%af${aim}`,
  `${prefix}/x%f5y`,
  `${prefix}//..\\${aim}`,
  `${prefix}//../${aim}`,
  `/x//../..${prefix}/${aim}`,
  `/../x/..${prefix}/${aim}`,
  `${deep}${prefix}/${aim}`,
  `http://shop.test${prefix}/.\\${aim}`,
  `http://shop.test${prefix}/x/../${aim}`,
]

/** Valid targets that look similar: refusing one of these would refuse customers. */
export const goodTargets: readonly string[] = [
  '/',
  '/?',
  '/?x=/../\\y',
  '/?x=%2F%5C%2e%2e',
  '/x',
  '/x/',
  '/.well-known/jwks.json',
  '/..x/y',
  '/x.y/z..',
  '/...',
  '/x/%2ex',
  '/x/%23',
  '/x;y=z',
  '/x/%D0%A5%D0%BB%D0%B5%D0%B1',
  '/x/%E2%82%AC%F0%9F%8D%9E',
  '/x//y',
  '//x',
  '/x/%20%25%3F',
  `${'/a'.repeat(60)}`,
]
