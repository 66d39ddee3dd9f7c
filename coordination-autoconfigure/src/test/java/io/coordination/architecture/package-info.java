/**
 * The rules of the code as tests, each with its reason.
 */
@NullMarked
package io.coordination.architecture;

import org.jspecify.annotations.NullMarked;
