/**
 * Faults, and the tests that meet them: a proxy that spoils connections, child processes
 * that are killed and paused, and a witness that notices when two are inside at once. The
 * tools have tests of their own, since a witness that never complains proves nothing.
 */
@NullMarked
package io.coordination.faults;

import org.jspecify.annotations.NullMarked;
