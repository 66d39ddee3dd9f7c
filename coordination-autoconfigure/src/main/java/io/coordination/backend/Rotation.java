package io.coordination.backend;

/**
 * The answer to {@link LockBackend#rotate}.
 *
 * @param released {@code false} when the lease to give up was no longer ours
 * @param next the answer to the owner that joined the queue
 */
public record Rotation(boolean released, Attempt next) {

}
