/**
 * Guards that check a fencing token where the data is: in a relational database, with
 * JDBC or JPA.
 */
@NullMarked
package io.coordination.jdbc;

import org.jspecify.annotations.NullMarked;
