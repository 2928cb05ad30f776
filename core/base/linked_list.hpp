// A list whose elements carry its links: joining and leaving take no memory, and an element leaves by itself when it
// ends. An element that is in several lists at once carries one set of links for each, told apart by a tag.
#pragma once

namespace ppn {

class ListLinks {
 public:
  ListLinks() = default;
  ListLinks(const ListLinks&) = delete;
  ListLinks& operator=(const ListLinks&) = delete;
  ~ListLinks() { unlink(); }

  bool linked() const noexcept { return next_ != this; }
  void unlink() noexcept {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = this;
  }

 private:
  template <class Element, class Tag>
  friend class LinkedList;

  ListLinks* next_ = this;
  ListLinks* previous_ = this;
};

// The links of one membership.
template <class Tag>
class Linked : public ListLinks {};

// `Element` derives from Linked<Tag>. The list must outlive nothing: elements that are left in it stand alone again.
template <class Element, class Tag>
class LinkedList {
 public:
  LinkedList() = default;
  LinkedList(const LinkedList&) = delete;
  LinkedList& operator=(const LinkedList&) = delete;
  ~LinkedList() {
    while (Element* const element = front()) links_of(*element).unlink();
  }

  bool empty() const noexcept { return !head_.linked(); }
  Element* front() const noexcept { return element_at(head_.next_); }
  Element* back() const noexcept { return element_at(head_.previous_); }
  // Null at the end.
  Element* next(const Element& element) const noexcept { return element_at(links_of(element).next_); }

  // Leaves the list it was in with this tag.
  void push_back(Element& element) noexcept {
    ListLinks& links = links_of(element);
    links.unlink();
    links.next_ = &head_;
    links.previous_ = head_.previous_;
    head_.previous_->next_ = &links;
    head_.previous_ = &links;
  }

 private:
  static ListLinks& links_of(Element& element) noexcept { return static_cast<Linked<Tag>&>(element); }
  static const ListLinks& links_of(const Element& element) noexcept { return static_cast<const Linked<Tag>&>(element); }
  Element* element_at(ListLinks* links) const noexcept {
    return links == &head_ ? nullptr : static_cast<Element*>(static_cast<Linked<Tag>*>(links));
  }

  mutable ListLinks head_;
};

}  // namespace ppn
