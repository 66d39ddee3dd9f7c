package io.coordination.aop;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

import io.coordination.aop.AotHintsTests.Handling;
import io.coordination.aop.AotHintsTests.OfInterface;
import io.coordination.aop.HintedBeans.Orders.Customer;
import io.coordination.aop.HintedBeans.Orders.Item;
import io.coordination.aop.HintedBeans.Orders.Order;
import io.coordination.aop.HintedBeans.Orders.Place;
import io.coordination.aop.HintedBeans.Orders.Refused;
import io.coordination.aop.HintedBeans.Orders.Tenants;
import io.coordination.lock.LockNotAcquiredException;

/**
 * Beans with what native images have to be told of.
 */
final class HintedBeans {

	private HintedBeans() {
	}

	static class Orders implements OfInterface {

		@DistributedLock(name = "order", key = "#order.customer.place.zip", fallbackMethod = "inProgress",
				condition = "#order.amount > 100 and #order.urgent")
		public String pay(Order order) {
			return "paid";
		}

		@SuppressWarnings("unused")
		private String inProgress(Order order, LockNotAcquiredException busy) {
			return "in progress";
		}

		@DistributedLock(name = "refund", key = "#{#p0.code}/#{#order.shortened(3).trim()}", exception = Refused.class,
				message = "#{#lock.name} of #{#order.customer.name} is busy in #{target.region}")
		public void refund(Order order) {
		}

		public String getRegion() {
			return "here";
		}

		@Throttle(every = "1s", key = "#id", fallbackMethod = "tooSoon")
		public int composed(KeyOfOrder id) {
			return 1;
		}

		int tooSoon(KeyOfOrder id) {
			return 0;
		}

		@DistributedLock(name = "a",
				keys = { "#order.items.![sku]", "#order.items.?[count > 1].![shelf]", "#order.items[0].shelf" })
		@DistributedLock(name = "b", key = "@tenants.current() + T(java.lang.Math).sqrt(#order.byName['x'].weight)",
				fallbackMethod = "ofTheOther")
		public void repeated(Order order) {
		}

		void ofTheOther(Order order) {
		}

		@DistributedLock(name = "handled", key = "#root.target.region", failureHandler = Handling.class)
		public void handled() {
		}

		@Override
		public void ofItsInterface(Order order) {
		}

		void unrelated() {
		}

		static class Order {

			public String code = "";

			public Customer getCustomer() {
				return new Customer("", new Place(""));
			}

			public int getAmount() {
				return 0;
			}

			public boolean isUrgent() {
				return true;
			}

			public String getShort() {
				return "";
			}

			public String getNote() {
				return "";
			}

			public String shortened(int length) {
				return "";
			}

			public List<Item> getItems() {
				return List.of();
			}

			public Map<String, Item> getByName() {
				return Map.of();
			}

		}

		record Customer(String name, Place place) {

		}

		record Place(String zip) {

		}

		record Item(String sku, int count, String shelf, int weight) {

		}

		static class Refused extends RuntimeException {

			private static final long serialVersionUID = 1;

			public Refused(String message, Throwable cause) {
				super(message, cause);
			}

		}

		static class Tenants {

			public String current() {
				return "";
			}

		}

	}

	static class Tag {

		@Override
		public String toString() {
			return "tag";
		}

	}

	static class Label<T extends Label<T>> extends Tag {

	}

	record KeyOfOrder(String part, List<Tag> tags, SortedMap<String, Optional<Label<?>>> labels) {

	}

}
