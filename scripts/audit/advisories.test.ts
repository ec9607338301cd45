/** A registry that gives no audit is no clean bill of health. */
import { expect, test } from 'bun:test'
import { readAudit } from './advisories.ts'

test('findings are counted', () => {
  const counts = { info: 0, low: 1, moderate: 0, high: 2, critical: 0 }
  const report = { auditReportVersion: 2, metadata: { vulnerabilities: counts } }
  expect(readAudit(JSON.stringify(report))).toEqual({ kind: 'asked', counts })
})

test.each([
  [
    '{"message":"405 Method Not Allowed - POST https://registry.example/advisories","error":{}}',
    '405 Method Not Allowed',
  ],
  ['{"error":{"code":"ENOLOCK"}}', 'npm audit gave no report'],
  ['', 'npm audit did not answer'],
])('no report is none: %s', (output, reason) => {
  expect(readAudit(output)).toEqual({ kind: 'none', reason })
})
