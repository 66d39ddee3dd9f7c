/**
 * What applications test their locks with: the locks of one test context, taken, lost and
 * out of reach at will. Reached through
 * {@link io.coordination.test.AutoConfigureCoordination} alone; nothing of it is loaded
 * in production.
 */
@NullMarked
package io.coordination.test;

import org.jspecify.annotations.NullMarked;
