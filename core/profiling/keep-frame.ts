/**
 * Keeps the function that calls it on the stack while the argument is computed.
 *
 * JavaScriptCore gives a call in tail position, `return f()`, the place of its caller on the stack, so
 * a profile would show `f` below whoever called the caller. As an argument the call is in no tail
 * position, also after a transpiler has inlined what is used once. Async functions need none of this.
 */
export const keepFrame = <T>(value: T): T => value
