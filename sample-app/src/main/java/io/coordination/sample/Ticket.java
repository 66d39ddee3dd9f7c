package io.coordination.sample;

import org.jspecify.annotations.Nullable;

/**
 * A seat that was sold.
 *
 * @param id a number that grows in the order of sale
 * @param seat the number of the seat
 * @param buyer who bought it
 * @param instance the instance that sold it
 * @param token the fencing token it was sold with, as a string since JavaScript cannot
 * hold it; {@code null} if it was sold without a lock
 */
record Ticket(long id, int seat, String buyer, String instance, @Nullable String token) {

}
